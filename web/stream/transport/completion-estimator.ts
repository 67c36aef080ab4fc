import type { VolunteerStages } from '../../../shared/messages.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { type StageTimes, totalMs } from '../frame-timing.ts';
import { RecentMedian } from '../rolling-statistics.ts';

/**
 * Estimates when a frame sent to one volunteer will be back: from a prediction before the first answer, then from measured times. Frames
 * queue at the volunteer, so a new frame is expected one service time after the one before it.
 */
export class CompletionEstimator {
  readonly #totalMs = new RecentMedian();
  /** Capture to decoded answer, without the time in the volunteer's queue. */
  readonly #unqueuedMs = new RecentMedian();
  readonly #serviceMs = new RecentMedian();
  readonly #predictedMs: number;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** When the frame sent last is expected back. */
  #lastExpectedMs = Number.NEGATIVE_INFINITY;
  #quality: Quality | null = null;

  /** @param predictedMs - glass-to-glass time assumed until frames are measured. */
  constructor(predictedMs: number) {
    this.#predictedMs = predictedMs;
  }

  get isMeasured(): boolean {
    return this.#totalMs.value !== null;
  }

  /** Quality of the volunteer's newest frame; null before the first. */
  get quality(): Quality | null {
    return this.#quality;
  }

  /** Median glass-to-glass time, ms. */
  get delayMs(): number {
    return this.#totalMs.value ?? this.#predictedMs;
  }

  /** Time between two answers of a volunteer that is never idle, ms; 0 before the first answer. */
  get serviceMs(): number {
    return this.#serviceMs.value ?? 0;
  }

  /** When a frame sent now is expected back, behind those already in flight. */
  expectMs(nowMs: number): number {
    return Math.max(nowMs + this.#unloadedMs, this.#lastExpectedMs + this.serviceMs);
  }

  sent(nowMs: number): void {
    this.#lastExpectedMs = this.expectMs(nowMs);
    this.#lastSentMs = nowMs;
  }

  /**
   * A frame is no longer in flight: answered or given up; `remaining` frames still are. Corrects the expectation, which would otherwise
   * drift later and later for a volunteer that is never idle and slightly faster than its stage times suggest.
   */
  left(nowMs: number, remaining: number): void {
    const lastBackMs = Math.max(this.#lastSentMs + this.#unloadedMs, nowMs + remaining * this.serviceMs);
    this.#lastExpectedMs = remaining === 0 ? Number.NEGATIVE_INFINITY : Math.min(this.#lastExpectedMs, lastBackMs);
  }

  /** An answer arrived, with the times the volunteer reports. */
  answered(stages: VolunteerStages): void {
    this.#serviceMs.add(bottleneckMs(stages));
  }

  /** The picture of an answer was decoded and verified. */
  measured(stages: StageTimes, quality: Quality): void {
    this.#quality = quality;
    const total = totalMs(stages);
    this.#totalMs.add(total);
    this.#unqueuedMs.add(total - stages.queue);
  }

  /** A frame was not answered within `timeoutMs`. Without this, a prediction that is never met would stand forever. */
  timedOut(timeoutMs: number): void {
    this.#totalMs.add(timeoutMs);
    this.#unqueuedMs.add(timeoutMs);
  }

  get #unloadedMs(): number {
    return this.#unqueuedMs.value ?? this.#predictedMs;
  }
}

/** Time between two answers of a busy volunteer: its slowest stage, since stages work on different frames at the same time. */
function bottleneckMs({ decodeMs, computeMs, encodeMs }: VolunteerStages): number {
  return Math.max(decodeMs, computeMs, encodeMs);
}
