import type { VolunteerStages } from '../../shared/messages.ts';
import { STREAM } from '../../shared/tuning.ts';

/** A frame that waited for this share of a frame's work stood behind another one. */
const WAITED_SHARE = 0.5;
/** Waits below this are the event loop's, ms. */
const MIN_WAIT_MS = 4;
/** Frames that did not wait, in a row, before one more is tried. */
const CALM_FRAMES = 8;

/**
 * How many frames may be under way to a volunteer at a time. More than one hides the round trip; more than it can work on only
 * makes each of them older. Additive increase, and a step down whenever a frame had to wait there.
 */
export class FlightWindow {
  #limit: number = STREAM.maxFramesInFlight;
  #calmFrames = 0;

  get limit(): number {
    return this.#limit;
  }

  answered({ queueMs, computeMs }: Pick<VolunteerStages, 'queueMs' | 'computeMs'>): void {
    if (queueMs > Math.max(MIN_WAIT_MS, WAITED_SHARE * computeMs)) {
      this.#limit = Math.max(1, this.#limit - 1);
      this.#calmFrames = 0;
    } else if (++this.#calmFrames >= CALM_FRAMES) {
      this.#limit = Math.min(STREAM.maxFramesInFlight, this.#limit + 1);
      this.#calmFrames = 0;
    }
  }

  /** One never came back in time: the same as having waited. */
  timedOut(): void {
    this.answered({ queueMs: STREAM.frameTimeoutMs, computeMs: 0 });
  }
}
