import { setNewest } from '../../../shared/bounded-map.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { SlidingWindow, WindowedMinimum } from '../rolling-statistics.ts';
import { MAX_QUEUED_MS } from './video-channel.ts';

/** Initial rate, if the limit is not lower: a bad link carries it, and a good one reaches 15,000 kb/s from it within 1.4 s. */
export const INITIAL_KBPS = 1_000;
/** Congestion: every frame sent during this time was queued, ms. */
const STANDING_QUEUE_MS = 160;
/** Time between two steps of the rate, ms. */
const STEP_MS = 200;
/** Share of the current rate added at each step before the first sign of congestion, and after it (eightfold within 5 s). */
const START_INCREASE = 0.5;
const INCREASE = 0.09;
/** Share of the throughput to which a step down goes. */
const DECREASE_FACTOR = 0.8;
/** Smallest share of the current rate to which a step down goes, so that a 0.5 s stall does not collapse the bitrate. */
const MIN_DECREASE_FACTOR = 0.6;
/** Time over which the throughput is measured, ms. */
const THROUGHPUT_WINDOW_MS = 500;
/** The encoder's rate changes only by at least this share: after each change it needs a few frames to settle. */
const HYSTERESIS = 0.1;
/** The base delay, the minimum one-way delay, is taken over one to two of these windows: clocks drift and routes change. */
const BASE_DELAY_WINDOW_MS = 10_000;
/** Frames remembered until they are acknowledged. */
const MAX_UNACKNOWLEDGED = 64;

/** Queueing delays that a direction puts up with. */
export interface QueueLimits {
  /** Above it a frame counts as queued, ms. */
  queuedAboveMs: number;
  /** The rate rises only below it, ms. */
  increaseBelowMs: number;
}

/** A picture is shown when it comes, so its queue may outlast the jitter of any wireless network. */
const PICTURE_LIMITS: QueueLimits = { queuedAboveMs: 60, increaseBelowMs: 30 };
/**
 * Detail that comes later than two intervals of the source, 67 ms at 30 fps, is lost, and both directions take their share of that: with a
 * picture's queue a link of 1 Mb/s carried none in time. Jitter is no queue as long as one frame of five escapes it.
 */
const DETAIL_LIMITS: QueueLimits = { queuedAboveMs: 15, increaseBelowMs: 8 };

/** @param detail - what the stream's setup says of it; null: pictures are sent. */
export function queueLimitsFor(detail: object | null): QueueLimits {
  return detail === null ? PICTURE_LIMITS : DETAIL_LIMITS;
}

interface SentFrame {
  sentMs: number;
  sizeBytes: number;
}

/**
 * Controls the bitrate of one direction from the acknowledged arrival times of its frames.
 *
 * The rate rises fast until the first sign of congestion (as TCP slow start does), then drops below the measured throughput and rises
 * again by a share of itself. Congestion is a standing queue, not loss: frames that take longer than the fastest recent one (LEDBAT,
 * RFC 6817) for some time without exception. A lost packet only delays the few frames behind it, and a lower rate would not help those.
 * The clocks of sender and receiver are never compared; only changes of their difference count.
 */
export class RateController {
  readonly #unacknowledged = new Map<number, SentFrame>();
  readonly #baseDelayMs = new WindowedMinimum(BASE_DELAY_WINDOW_MS);
  /** Bytes acknowledged within the window. */
  readonly #deliveredBytes = new SlidingWindow<number>(THROUGHPUT_WINDOW_MS, MAX_UNACKNOWLEDGED);
  readonly #maxKbps: number;
  readonly #limits: QueueLimits;
  #targetKbps: number;
  #appliedKbps: number;
  #queueMs = 0;
  /** When the newest unqueued frame was sent. */
  #unqueuedSentMs: number | null = null;
  #raisedMs = Number.NEGATIVE_INFINITY;
  #loweredMs = Number.NEGATIVE_INFINITY;
  /** No congestion has been seen yet. */
  #isStarting = true;

  constructor(maxKbps: number, limits: QueueLimits) {
    this.#maxKbps = maxKbps;
    this.#limits = limits;
    this.#targetKbps = Math.min(maxKbps, INITIAL_KBPS);
    this.#appliedKbps = this.#targetKbps;
  }

  get kbps(): number {
    return this.#appliedKbps;
  }

  /** Queueing delay of the newest acknowledged frame, ms. */
  get queueMs(): number {
    return this.#queueMs;
  }

  onSent(frameId: number, sizeBytes: number, nowMs: number): void {
    setNewest(this.#unacknowledged, frameId, { sentMs: nowMs, sizeBytes }, MAX_UNACKNOWLEDGED);
  }

  /** @param receivedMs - on the receiver's clock. Returns whether the rate changed. */
  onAcknowledged(frameId: number, receivedMs: number, nowMs: number): boolean {
    const frame = this.#unacknowledged.get(frameId);
    if (!frame) return false;
    this.#unacknowledged.delete(frameId);
    this.#deliveredBytes.add(frame.sizeBytes, nowMs);
    const delayMs = receivedMs - frame.sentMs;
    this.#baseDelayMs.add(delayMs, nowMs);
    this.#queueMs = delayMs - this.#baseDelayMs.value;
    if (this.#queueMs <= this.#limits.queuedAboveMs) this.#unqueuedSentMs = frame.sentMs;
    this.#unqueuedSentMs ??= frame.sentMs;
    if (frame.sentMs - this.#unqueuedSentMs > STANDING_QUEUE_MS) return this.onCongestion(nowMs);
    return this.#queueMs < this.#limits.increaseBelowMs && this.#raise(nowMs);
  }

  /** Frames queue in the network, or the send buffer is full. Returns whether the rate changed. */
  onCongestion(nowMs: number): boolean {
    // One step per queue length: frames already under way were sent at the old rate.
    if (nowMs - this.#loweredMs < STEP_MS + Math.min(this.#queueMs, MAX_QUEUED_MS)) return false;
    this.#unqueuedSentMs = null;
    const lowered = DECREASE_FACTOR * Math.min(this.#targetKbps, this.#throughputKbps(nowMs));
    this.#targetKbps = Math.max(STREAM_LIMITS.minBitrateKbps, MIN_DECREASE_FACTOR * this.#targetKbps, lowered);
    this.#loweredMs = nowMs;
    this.#isStarting = false;
    return this.#apply();
  }

  #raise(nowMs: number): boolean {
    const isDue = nowMs - Math.max(this.#raisedMs, this.#loweredMs) >= STEP_MS;
    if (!isDue || this.#targetKbps >= this.#maxKbps) return false;
    const increase = this.#isStarting ? START_INCREASE : INCREASE;
    this.#targetKbps = Math.min(this.#maxKbps, (1 + increase) * this.#targetKbps);
    this.#raisedMs = nowMs;
    return this.#apply();
  }

  #apply(): boolean {
    const reachesMax = this.#targetKbps === this.#maxKbps && this.#appliedKbps !== this.#maxKbps;
    const change = Math.abs(this.#targetKbps - this.#appliedKbps);
    if (!reachesMax && change < HYSTERESIS * this.#appliedKbps) return false;
    this.#appliedKbps = this.#targetKbps;
    return true;
  }

  #throughputKbps(nowMs: number): number {
    const bytes = this.#deliveredBytes.entries(nowMs).reduce((sum, sizeBytes) => sum + sizeBytes, 0);
    return (8 * bytes) / THROUGHPUT_WINDOW_MS;
  }
}
