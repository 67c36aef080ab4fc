import type { VolunteerStages } from '../../../shared/messages.ts';
import { RecentMedian, WindowedMinimum } from '../rolling-statistics.ts';
import { STREAM } from '../tuning.ts';

/** The part of a volunteer's rate that must be used. The last bit of it may cost a whole frame that waits. */
const USED_PART = 0.95;
/** A frame that waited for this many frames' work, and all others around it too, stood behind one that need not be there. */
const SURPLUS_WAIT = 1.25;
/** Waits and stages below this are the event loop's, ms. */
const GRAIN_MS = 4;
/** Answers from which it is told whether a frame stands in the queue all the time. */
const ROUND = 8;

/**
 * How many frames may be under way to a volunteer at a time: as many as keep its slowest stage busy, which is its rate times the
 * round trip of a frame that waits for no other (what TCP calls bandwidth times delay, as BBR has it). One less and it idles between
 * two frames; one more and each of them stands in its queue for the time of another.
 */
export class InFlightWindow {
  readonly #serviceMs = new RecentMedian();
  readonly #roundTripMs = new RecentMedian();
  readonly #fastestMs = new WindowedMinimum(STREAM.fastestWindowMs);
  /** What the volunteer turned out to do less than its stages say: they may share one processor. */
  #surplus = 0;
  #answers = 0;
  #leastWaitMs = Number.POSITIVE_INFINITY;

  get limit(): number {
    return Math.min(Math.max(1, this.#model - this.#surplus), STREAM.maxFramesInFlight);
  }

  /** @param roundTripMs - from its encoder to its answer; null when that is not known. */
  answered(stages: VolunteerStages, roundTripMs: number | null, nowMs: number): void {
    this.#serviceMs.add(bottleneckMs(stages));
    if (roundTripMs !== null) {
      const unqueuedMs = roundTripMs - stages.queueMs;
      this.#roundTripMs.add(unqueuedMs);
      this.#fastestMs.add(unqueuedMs, nowMs);
    }
    this.#leastWaitMs = Math.min(this.#leastWaitMs, stages.queueMs);
    if (++this.#answers >= ROUND) this.#judge();
  }

  /** One never came back in time: the same as a round of frames that waited. */
  timedOut(): void {
    this.#lower();
  }

  get #model(): number {
    const roundTripMs = this.#roundTripMs.value;
    const serviceMs = this.#serviceMs.value;
    if (roundTripMs === null || serviceMs === null) return STREAM.firstFramesInFlight;
    const perFrameMs = Math.max(serviceMs, GRAIN_MS);
    // It scatters, but what is more than a frame's work slower than the fastest stood in a queue of the link: no reason to add to it.
    const usualMs = Math.min(roundTripMs, this.#fastestMs.value + perFrameMs);
    return Math.ceil((USED_PART * usualMs) / perFrameMs);
  }

  #judge(): void {
    const serviceMs = this.#serviceMs.value ?? 0;
    if (this.#leastWaitMs > SURPLUS_WAIT * serviceMs + GRAIN_MS) this.#lower();
    // One more would add one frame's work to what they wait.
    else if (this.#leastWaitMs + serviceMs <= SURPLUS_WAIT * serviceMs) this.#surplus = Math.max(0, this.#surplus - 1);
    this.#answers = 0;
    this.#leastWaitMs = Number.POSITIVE_INFINITY;
  }

  #lower(): void {
    if (this.limit > 1) this.#surplus++;
  }
}

/** What a volunteer that is never idle takes from one frame to the next: stages work on different frames at the same time. */
export function bottleneckMs({ decodeMs, computeMs, encodeMs }: VolunteerStages): number {
  return Math.max(decodeMs, computeMs, encodeMs);
}
