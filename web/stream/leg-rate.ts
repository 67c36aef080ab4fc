import { STREAM } from '../../shared/tuning.ts';
import { SlidingWindow } from './sliding-window.ts';
import { WindowedMinimum } from './windowed-minimum.ts';

interface Sent {
  atMs: number;
  sizeBytes: number;
}

/**
 * The bitrate of one leg, from what the other side says of each frame's arrival: additive increase, multiplicative decrease
 * (Chiu & Jain 1989). What tells of congestion is not loss, which comes late, but frames that take longer than the fastest
 * lately: they stood in a queue (LEDBAT, RFC 6817). The two clocks are never compared, only how their difference changes.
 */
export class LegRate {
  readonly #sent = new Map<number, Sent>();
  readonly #fastestMs = new WindowedMinimum(STREAM.fastestWindowMs);
  readonly #maxKbps: number;
  #exactKbps: number;
  /** What was told. */
  #kbps: number;
  #queueMs = 0;
  #raisedMs = Number.NEGATIVE_INFINITY;
  #loweredMs = Number.NEGATIVE_INFINITY;
  /** Bytes that arrived lately: what the leg really carries. */
  readonly #delivered = new SlidingWindow<number>(STREAM.carriedWindowMs, STREAM.maxUnacknowledged);

  /** @param maxKbps - what was asked for, and where it starts. */
  constructor(maxKbps: number) {
    this.#maxKbps = maxKbps;
    this.#exactKbps = maxKbps;
    this.#kbps = maxKbps;
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
    if (this.#queueMs > STREAM.congestedAfterMs) return this.congested(nowMs);
    return this.#queueMs < STREAM.calmBelowMs && this.#raise(nowMs);
  }

  /** A frame stood in a queue for long, or found no room in ours. Returns whether the rate changed. */
  congested(nowMs: number): boolean {
    // One step per queue's length: what is under way was sent at the old rate.
    if (nowMs - this.#loweredMs < STREAM.rateStepMs + Math.min(this.#queueMs, STREAM.maxQueuedMs)) return false;
    const lowered = STREAM.rateDecrease * Math.min(this.#exactKbps, this.#carriedKbps(nowMs));
    // Not all the way at once: a hiccup of half a second must not cost the picture.
    this.#exactKbps = Math.max(STREAM.minBitrateKbps, STREAM.deepestStep * this.#exactKbps, lowered);
    this.#loweredMs = nowMs;
    return this.#tell();
  }

  #raise(nowMs: number): boolean {
    const isDue = nowMs - Math.max(this.#raisedMs, this.#loweredMs) >= STREAM.rateStepMs;
    if (!isDue || this.#exactKbps >= this.#maxKbps) return false;
    this.#exactKbps = Math.min(this.#maxKbps, this.#exactKbps + STREAM.rateIncrease * this.#maxKbps);
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
