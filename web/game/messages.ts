import type { WireError } from '../../shared/errors.ts';
import type { TaskTypes } from '../sdk/types.ts';
import type { Controls } from './simulation/craft.ts';
import type { RaceState } from './simulation/race.ts';

/** What of the game other machines may compute, and the task that each is. */
export const PART_TASKS = { ships: 'infer', drones: 'pathfinding', debris: 'physics', hangar: 'raytracing' } as const;

export type Part = keyof typeof PART_TASKS;
/** Those that the race itself asks for, and has an answer of its own to; the hangar is the page's. */
export type RacePart = Exclude<Part, 'hangar'>;
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

/** From the page to the game's worker. */
export type ToGame =
  | {
      kind: 'start';
      canvas: OffscreenCanvas;
      frames: WritableStream<VideoFrame>;
      seed: number;
      isCalm: boolean;
    }
  | { kind: 'controls'; controls: Controls }
  | { kind: 'answer'; answer: Answer<RacePart> }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'dispose' };

/** From the game's worker to the page. */
export type FromGame =
  | { kind: 'ready' }
  | { kind: 'state'; state: RaceState }
  | { kind: 'question'; question: Question<RacePart> }
  | { kind: 'failed'; error: WireError }
  | { kind: 'disposed' };
