import type { Job } from './job.ts';

/** When an attempt counts as a straggler. */
export const STRAGGLER = {
  /** An attempt is late past this quantile of what attempts of its kind took. */
  quantile: 0.95,
  /** Attempts of a kind that must be measured before the quantile is used. */
  minSamples: 20,
  /** Newest attempts of which the quantile is taken. */
  window: 128,
  /** Samples between two computations of the quantile: it moves slowly, and sorting is not free. */
  refreshEvery: 16,
  /** Nothing counts as late earlier than this: timers and the event loop of a busy page are no more precise. */
  minLateMs: 8,
} as const;

/** About the resolution of a browser's timers, ms. Keeps ratios of very short times meaningful. */
const TIMER_RESOLUTION_MS = 1;

/** A quantile of the newest samples. */
export class RecentQuantile {
  readonly #quantile: number;
  readonly #ring: number[] = [];
  #next = 0;
  #value: number | null = null;

  constructor(quantile: number) {
    this.#quantile = quantile;
  }

  get count(): number {
    return this.#ring.length;
  }

  /** 0 before there is a sample. */
  get value(): number {
    this.#value ??= [...this.#ring].sort((a, b) => a - b)[Math.floor(this.#quantile * this.#ring.length)] ?? 0;
    return this.#value;
  }

  add(sample: number): void {
    this.#ring[this.#next] = sample;
    this.#next = (this.#next + 1) % STRAGGLER.window;
    if (this.#next % STRAGGLER.refreshEvery === 0 || this.count < STRAGGLER.refreshEvery) this.#value = null;
  }
}

/**
 * When an attempt on one runner is late: past the 95th percentile of earlier attempts of its kind there. Times are taken relative to
 * their predictions, so that jobs of different sizes and behind different backlogs can be compared.
 */
export class StragglerThreshold {
  readonly #ratios = new Map<string, RecentQuantile>();

  /** How long after its start the attempt is late, ms. */
  lateAfterMs({ kind, firstDeadlineMs }: Job, predictedMs: number): number {
    const ratios = this.#ratios.get(kind);
    // Until the quantile is known, a prediction beyond the first deadline is respected.
    if (!ratios || ratios.count < STRAGGLER.minSamples) return Math.max(firstDeadlineMs, predictedMs);
    // A little beyond the quantile, or a runner whose times never vary would always be late.
    return Math.max(STRAGGLER.minLateMs, ratios.value * (predictedMs + TIMER_RESOLUTION_MS) + TIMER_RESOLUTION_MS);
  }

  learn(kind: string, predictedMs: number, elapsedMs: number): void {
    let ratios = this.#ratios.get(kind);
    if (!ratios) {
      ratios = new RecentQuantile(STRAGGLER.quantile);
      this.#ratios.set(kind, ratios);
    }
    ratios.add(elapsedMs / (predictedMs + TIMER_RESOLUTION_MS));
  }
}
