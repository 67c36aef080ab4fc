import type { WireError } from '../../shared/errors.ts';
import type { Answer, Question, RacePart } from './parts.ts';
import type { Controls } from './simulation/craft.ts';
import type { RaceState } from './simulation/race.ts';

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
