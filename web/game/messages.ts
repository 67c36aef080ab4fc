import type { WireError } from '../../shared/errors.ts';
import type { TaskTypes } from '../sdk/types.ts';
import type { FrameChannel } from './frame-output.ts';
import type { Controls } from './simulation/craft.ts';
import type { RaceState } from './simulation/race.ts';
import type { RaceEvent } from './simulation/race-events.ts';
import type { RaceSound } from './sound/race-listener.ts';

/** The parts of the game that other machines may compute, and the task type of each. */
export const PART_TASKS = { ships: 'infer', drones: 'pathfinding', debris: 'physics', hangar: 'raytracing' } as const;

export type Part = keyof typeof PART_TASKS;
/** The parts that the race needs; it computes a simpler result itself when none arrives. The hangar belongs to the page. */
export type RacePart = Exclude<Part, 'hangar'>;
export const PARTS = Object.keys(PART_TASKS) as Part[];

export type PartInput<P extends Part = Part> = TaskTypes[(typeof PART_TASKS)[P]]['input'];
export type PartResult<P extends Part = Part> = TaskTypes[(typeof PART_TASKS)[P]]['result'];

/** Work that the game's worker asks the page for. */
export interface PartRequest<P extends Part = Part> {
  part: P;
  /** Matches a response to its request, so that one for a request that has timed out is ignored. */
  id: number;
  input: PartInput<P>;
}

/** The page's response to a {@link PartRequest}. */
export interface PartResponse<P extends Part = Part> {
  part: P;
  id: number;
  /** Null: nobody computed it. */
  result: PartResult<P> | null;
}

/** Messages from the page to the game's worker. */
export type ToGame =
  | {
      kind: 'start';
      canvas: OffscreenCanvas;
      channel: FrameChannel;
      seed: number;
      isCalm: boolean;
    }
  | { kind: 'controls'; controls: Controls }
  | { kind: 'response'; response: PartResponse<RacePart> }
  /** Whether the page wants to hear the race. */
  | { kind: 'listen'; isListening: boolean }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'dispose' };

/** Messages from the game's worker to the page. */
export type FromGame =
  | { kind: 'ready' }
  | { kind: 'state'; state: RaceState }
  | { kind: 'events'; events: RaceEvent[] }
  | { kind: 'sound'; sound: RaceSound }
  | { kind: 'request'; request: PartRequest<RacePart> }
  | { kind: 'failed'; error: WireError }
  | { kind: 'disposed' };
