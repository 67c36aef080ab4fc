import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { SlidingWindow, WindowedMinimum } from '../rolling-statistics.ts';
import { STREAM } from '../tuning.ts';

interface Sent {
  atMs: number;
  sizeBytes: number;
}

/**
 * The bitrate of one leg, from what the other side says of each frame's arrival: up fast until the first sign of congestion, as
 * TCP's slow start; from then on down to less than what is carried, and up again by a part of itself, so that it passes what the link
 * carries by no more than that. What tells of congestion is not loss, which comes late, but frames that take longer than the
 * fastest lately: they stood in a queue (LEDBAT, RFC 6817), all that were sent for some time: a lost packet holds up a few frames
 * behind it, and a lower rate would not bring it sooner. The two clocks are never compared, only how their difference changes.
 */
export class RateController {
  readonly #sent = new Map<number, Sent>();
  readonly #fastestMs = new WindowedMinimum(STREAM.fastestWindowMs);
  readonly #maxKbps: number;
  #exactKbps: number;
  /** What was told. */
  #kbps: number;
  #queueMs = 0;
  /** When the newest frame was sent that stood in no queue. */
  #flowedMs: number | null = null;
  #raisedMs = Number.NEGATIVE_INFINITY;
  #loweredMs = Number.NEGATIVE_INFINITY;
  /** Bytes that arrived lately: what the leg really carries. */
  readonly #delivered = new SlidingWindow<number>(STREAM.carriedWindowMs, STREAM.maxUnacknowledged);

  /** Nothing has told yet what the link carries. */
  #isStarting = true;

  /** @param maxKbps - what was asked for. */
  constructor(maxKbps: number) {
    this.#maxKbps = maxKbps;
    this.#exactKbps = Math.min(maxKbps, STREAM.firstKbps);
    this.#kbps = this.#exactKbps;
  }

  get kbps(): number {
    return this.#kbps;
  }

  /** How long the newest frame stood in queues on its way, ms. */
  get queueMs(): number {
    return this.#queueMs;
  }

  sent(frameId: number, sizeBytes: number, nowMs: number): void {
    this.#sent.set(frameId, { atMs: nowMs, sizeBytes });
    // What was never acknowledged must not stay for ever.
    for (const [oldest] of this.#sent) {
      if (this.#sent.size <= STREAM.maxUnacknowledged) break;
      this.#sent.delete(oldest);
    }
  }

  /** @param receivedMs - on the receiver's clock. Returns whether the rate changed. */
  acknowledged(frameId: number, receivedMs: number, nowMs: number): boolean {
    const sent = this.#sent.get(frameId);
    if (!sent) return false;
    this.#sent.delete(frameId);
    this.#delivered.add(sent.sizeBytes, nowMs);
    const tookMs = receivedMs - sent.atMs;
    this.#fastestMs.add(tookMs, nowMs);
    this.#queueMs = tookMs - this.#fastestMs.value;
    if (this.#queueMs <= STREAM.congestedAfterMs) this.#flowedMs = sent.atMs;
    this.#flowedMs ??= sent.atMs;
    if (sent.atMs - this.#flowedMs > STREAM.standingQueueMs) return this.congested(nowMs);
    return this.#queueMs < STREAM.calmBelowMs && this.#raise(nowMs);
  }

  /** A frame stood in a queue for long, or found no room in ours. Returns whether the rate changed. */
  congested(nowMs: number): boolean {
    // One step per queue's length: what is under way was sent at the old rate.
    if (nowMs - this.#loweredMs < STREAM.rateStepMs + Math.min(this.#queueMs, STREAM.maxQueuedMs)) return false;
    this.#flowedMs = null;
    const lowered = STREAM.rateDecrease * Math.min(this.#exactKbps, this.#carriedKbps(nowMs));
    // Not all the way at once: a hiccup of half a second must not cost the picture.
    this.#exactKbps = Math.max(STREAM_LIMITS.minBitrateKbps, STREAM.deepestStep * this.#exactKbps, lowered);
    this.#loweredMs = nowMs;
    this.#isStarting = false;
    return this.#tell();
  }

  #raise(nowMs: number): boolean {
    const isDue = nowMs - Math.max(this.#raisedMs, this.#loweredMs) >= STREAM.rateStepMs;
    if (!isDue || this.#exactKbps >= this.#maxKbps) return false;
    const part = this.#isStarting ? STREAM.startIncrease : STREAM.rateIncrease;
    this.#exactKbps = Math.min(this.#maxKbps, (1 + part) * this.#exactKbps);
    this.#raisedMs = nowMs;
    return this.#tell();
  }

  #tell(): boolean {
    const isFull = this.#exactKbps === this.#maxKbps && this.#kbps !== this.#maxKbps;
    if (!isFull && Math.abs(this.#exactKbps - this.#kbps) < STREAM.rateHysteresis * this.#kbps) return false;
    this.#kbps = this.#exactKbps;
    return true;
  }

  #carriedKbps(nowMs: number): number {
    return (8 * this.#delivered.entries(nowMs).reduce((sum, bytes) => sum + bytes, 0)) / STREAM.carriedWindowMs;
  }
}
