import type { VolunteerStages } from '../../../shared/messages.ts';
import type { CapturedFrame, Purpose } from '../frame.ts';
import { RecentMedian, WindowedMinimum } from '../rolling-statistics.ts';
import type { Thumbnail } from '../verify/picture-check.ts';
import type { CompletionEstimator } from './completion-estimator.ts';

/** Limit of a volunteer that has not been measured yet. */
export const INITIAL_FRAMES_IN_FLIGHT = 3;
/** Upper limit: 16 frames cover a round trip of 250 ms at 60 fps. */
export const MAX_FRAMES_IN_FLIGHT = 16;
/** A frame whose arrival the volunteer has not acknowledged after this counts as dropped, ms. */
export const FRAME_TIMEOUT_MS = 2_000;
/** An acknowledged frame may take longer: a slow processor may still answer, and an old picture is better than none. */
const ANSWER_TIMEOUT_MS = 6_000;
/** Window of the fastest round trip, as old as one to two of these: routes change. */
const FASTEST_ROUND_TRIP_WINDOW_MS = 10_000;
/** Share of a volunteer's capacity that must be used. The last few percent may cost a whole frame in its queue. */
const TARGET_UTILIZATION = 0.95;
/** If every frame of a round waited for more than this many service times, at least one frame too many is in flight. */
const SURPLUS_WAIT_RATIO = 1.25;
/** Queue and stage times below this are event-loop noise, ms. */
const NOISE_MS = 4;
/** Answers in a round, after which a standing queue is judged. */
const ROUND_ANSWERS = 8;

/** A frame on its way to a volunteer and back. */
export interface InFlightFrame extends Omit<CapturedFrame, 'frame' | 'purpose'> {
  purpose: Purpose;
  encodeStartMs: number;
  /** Null while it is being encoded. */
  sentMs: number | null;
  uplinkBytes: number;
  /** The volunteer confirmed its arrival. */
  isAcknowledged: boolean;
  /** Thumbnail of the source frame, if the answer's picture will be checked against it. */
  thumbnail: Thumbnail | null;
}

/**
 * The frames in flight to one volunteer, oldest first, and how many there may be.
 *
 * The limit is the bandwidth-delay product as in BBR: the volunteer's rate times the unqueued round trip. One frame less and the volunteer
 * idles between frames; one more and every frame waits in its queue for another's service time. The limit also shrinks while a queue
 * stands at the volunteer or frames time out, and grows back one frame at a time.
 *
 * The video channel is ordered, so a message about one frame proves that earlier frames without a message are lost; their places are
 * freed at once.
 */
export class InFlightWindow {
  readonly #frames = new Map<number, InFlightFrame>();
  readonly #estimator: CompletionEstimator;
  readonly #onLost: (frame: InFlightFrame, cause: 'lost' | 'timeout') => void;
  readonly #roundTripMs = new RecentMedian();
  readonly #fastestRoundTripMs = new WindowedMinimum(FASTEST_ROUND_TRIP_WINDOW_MS);
  /** Frames by which the limit is below the model: stages may share one processor and so be slower together than they report. */
  #reduction = 0;
  #answersInRound = 0;
  #shortestQueueMs = Number.POSITIVE_INFINITY;

  /** @param estimator - of this volunteer; it is updated with each frame that is sent, answered or given up */
  constructor(estimator: CompletionEstimator, onLost: (frame: InFlightFrame, cause: 'lost' | 'timeout') => void) {
    this.#estimator = estimator;
    this.#onLost = onLost;
  }

  get size(): number {
    return this.#frames.size;
  }

  /** Largest number of frames in flight at the moment. */
  get limit(): number {
    return Math.min(Math.max(1, this.#modelLimit - this.#reduction), MAX_FRAMES_IN_FLIGHT);
  }

  /** Gives up frames that timed out, then tells whether another one may be sent. */
  hasCapacity(nowMs: number): boolean {
    for (const frame of [...this.#frames.values()]) {
      const timeoutMs = frame.isAcknowledged ? ANSWER_TIMEOUT_MS : FRAME_TIMEOUT_MS;
      if (nowMs - frame.encodeStartMs <= timeoutMs) continue;
      this.#reduce();
      this.#estimator.timedOut(FRAME_TIMEOUT_MS);
      this.#giveUp(frame, 'timeout', nowMs);
    }
    return this.size < this.limit;
  }

  start({ frameId, capturedMs, purpose }: Omit<CapturedFrame, 'frame'>, nowMs: number): InFlightFrame {
    const frame: InFlightFrame = {
      frameId,
      capturedMs,
      purpose,
      encodeStartMs: nowMs,
      sentMs: null,
      uplinkBytes: 0,
      isAcknowledged: false,
      thumbnail: null,
    };
    this.#frames.set(frameId, frame);
    this.#estimator.sent(nowMs);
    return frame;
  }

  /** A frame sent to measure the volunteer is now to be shown as well. Returns whether it is in flight. */
  promote(frameId: number): boolean {
    const frame = this.#frames.get(frameId);
    if (frame) frame.purpose = 'show';
    return frame !== undefined;
  }

  /** The volunteer received a frame. Returns it, unless it was given up before. */
  acknowledged(frameId: number, nowMs: number): InFlightFrame | undefined {
    for (const frame of [...this.#frames.values()]) {
      if (frame.frameId < frameId && !frame.isAcknowledged) this.#giveUp(frame, 'lost', nowMs);
    }
    const frame = this.#frames.get(frameId);
    if (frame) frame.isAcknowledged = true;
    return frame;
  }

  /** An answer arrived. Answers come in order, so older frames are lost. Returns the frame as {@link remove} does. */
  answered(frameId: number, stages: VolunteerStages, nowMs: number): InFlightFrame | undefined {
    const startedMs = this.#frames.get(frameId)?.encodeStartMs;
    this.#measure(stages, startedMs === undefined ? null : nowMs - startedMs, nowMs);
    for (const frame of [...this.#frames.values()]) {
      if (frame.frameId < frameId) this.#giveUp(frame, 'lost', nowMs);
    }
    return this.remove(frameId, nowMs);
  }

  /** The frame is no longer in flight. Returns it; undefined if it was given up before or never left this machine. */
  remove(frameId: number, nowMs: number): InFlightFrame | undefined {
    const frame = this.#frames.get(frameId);
    if (this.#frames.delete(frameId)) this.#estimator.left(nowMs, this.size);
    return frame?.sentMs === null ? undefined : frame;
  }

  /** Removes and returns all frames. */
  clear(): InFlightFrame[] {
    const frames = [...this.#frames.values()];
    this.#frames.clear();
    return frames;
  }

  #giveUp(frame: InFlightFrame, cause: 'lost' | 'timeout', nowMs: number): void {
    this.remove(frame.frameId, nowMs);
    this.#onLost(frame, cause);
  }

  /** @param roundTripMs - from the encoder to the answer's arrival; null if the frame was given up before. */
  #measure(stages: VolunteerStages, roundTripMs: number | null, nowMs: number): void {
    this.#estimator.answered(stages);
    if (roundTripMs !== null) {
      const unqueuedMs = roundTripMs - stages.queueMs;
      this.#roundTripMs.add(unqueuedMs);
      this.#fastestRoundTripMs.add(unqueuedMs, nowMs);
    }
    this.#shortestQueueMs = Math.min(this.#shortestQueueMs, stages.queueMs);
    if (++this.#answersInRound >= ROUND_ANSWERS) this.#judgeRound();
  }

  get #modelLimit(): number {
    const roundTripMs = this.#roundTripMs.value;
    if (roundTripMs === null) return INITIAL_FRAMES_IN_FLIGHT;
    const serviceMs = Math.max(this.#estimator.serviceMs, NOISE_MS);
    // Round trips vary, but more than one service time above the fastest is a queue in the network, which must not be fed.
    const usualMs = Math.min(roundTripMs, this.#fastestRoundTripMs.value + serviceMs);
    return Math.ceil((TARGET_UTILIZATION * usualMs) / serviceMs);
  }

  #judgeRound(): void {
    const { serviceMs } = this.#estimator;
    if (this.#shortestQueueMs > SURPLUS_WAIT_RATIO * serviceMs + NOISE_MS) this.#reduce();
    // One more frame in flight adds one service time to the wait.
    else if (this.#shortestQueueMs + serviceMs <= SURPLUS_WAIT_RATIO * serviceMs)
      this.#reduction = Math.max(0, this.#reduction - 1);
    this.#answersInRound = 0;
    this.#shortestQueueMs = Number.POSITIVE_INFINITY;
  }

  #reduce(): void {
    if (this.limit > 1) this.#reduction++;
  }
}
