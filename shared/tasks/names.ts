/** Every task type there is, for those who name them and run none. */
export const TASK_NAMES = ['echo', 'upscale', 'infer', 'pathfinding', 'physics', 'raytracing'] as const;
export type TaskName = (typeof TASK_NAMES)[number];
