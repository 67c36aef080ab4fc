import type { Quality } from '../../../shared/tasks/upscale.ts';
import { type StageTimes, totalMs } from '../frame-timing.ts';
import { RecentMedian } from '../rolling-statistics.ts';
import { STREAM } from '../tuning.ts';

/** What a frame takes through one volunteer, from those that came back; before that, as predicted. */
export class RouteMeter {
  readonly #totalMs = new RecentMedian();
  readonly #unqueuedMs = new RecentMedian();
  readonly #serviceMs = new RecentMedian();
  readonly #predictedMs: number;
  /** When the newest frame sent there left, and when it should be back. */
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #lastExpectedMs = Number.NEGATIVE_INFINITY;
  #quality: Quality | null = null;

  constructor(predictedMs: number) {
    this.#predictedMs = predictedMs;
  }

  get isMeasured(): boolean {
    return this.#totalMs.value !== null;
  }

  /** What the newest frame from there was made with; null before. */
  get quality(): Quality | null {
    return this.#quality;
  }

  /** Glass to glass, ms. */
  get delayMs(): number {
    return this.#totalMs.value ?? this.#predictedMs;
  }

  /** Between two frames when it is never idle: its slowest stage, ms. 0 before it is measured. */
  get serviceMs(): number {
    return this.#serviceMs.value ?? 0;
  }

  /** When a frame sent now should be back: behind those that are there. */
  expectMs(nowMs: number): number {
    return Math.max(nowMs + this.#aloneMs, this.#lastExpectedMs + this.serviceMs);
  }

  sent(nowMs: number): void {
    this.#lastExpectedMs = this.expectMs(nowMs);
    this.#lastSentMs = nowMs;
  }

  /**
   * One has come back, or will not, and so many are still there. Without this a volunteer that is never idle, and a little faster
   * than its stages say, would be expected later and later.
   */
  left(nowMs: number, stillThere: number): void {
    const lastAtMs = Math.max(this.#lastSentMs + this.#aloneMs, nowMs + stillThere * this.serviceMs);
    this.#lastExpectedMs = stillThere === 0 ? Number.NEGATIVE_INFINITY : Math.min(this.#lastExpectedMs, lastAtMs);
  }

  get #aloneMs(): number {
    return this.#unqueuedMs.value ?? this.#predictedMs;
  }

  measured(stages: StageTimes, quality: Quality): void {
    this.#quality = quality;
    const total = totalMs(stages);
    this.#totalMs.add(total);
    this.#unqueuedMs.add(total - stages.queue);
    this.#serviceMs.add(Math.max(stages['volunteer decode'], stages.compute, stages['volunteer encode']));
  }

  /** A frame never came back: without this a promise that is never kept would count for ever. */
  timedOut(): void {
    this.#totalMs.add(STREAM.frameTimeoutMs);
    this.#unqueuedMs.add(STREAM.frameTimeoutMs);
  }
}
