import type { TaskTypes } from '../../sdk/types.ts';

/** What of the game other machines may compute, and the task that each is. The game has an answer of its own to all of it. */
export const PART_TASKS = { ships: 'infer', drones: 'pathfinding' } as const;

export type Part = keyof typeof PART_TASKS;
export const PARTS = Object.keys(PART_TASKS) as Part[];

export type PartInput<P extends Part = Part> = TaskTypes[(typeof PART_TASKS)[P]]['input'];
export type PartResult<P extends Part = Part> = TaskTypes[(typeof PART_TASKS)[P]]['result'];

/** From the game's worker to the page. */
export interface Question<P extends Part = Part> {
  part: P;
  /** Tells an answer that comes after its question was given up from the one that is waited for. */
  id: number;
  input: PartInput<P>;
}

/** From the page to the game's worker. */
export interface Answer<P extends Part = Part> {
  part: P;
  id: number;
  /** Null: nobody did it. */
  result: PartResult<P> | null;
}
