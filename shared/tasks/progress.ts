/** What a long task is at: `loading` fetches what it needs, `computing` is the work itself. */
export const PROGRESS_STAGES = ['loading', 'computing'] as const;

/** How far a task is. `share` is of its stage, 0 to 1; it begins anew where the task is begun again by somebody else. */
export interface TaskProgress {
  stage: (typeof PROGRESS_STAGES)[number];
  share: number;
}

export type ProgressListener = (progress: TaskProgress) => void;
