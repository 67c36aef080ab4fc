import { percentile } from './percentiles.ts';

/** Enough samples that one hiccup does not move the median, few enough to follow a change within a second. */
const MEDIAN_OF = 15;

/** Median of the last few samples. */
export class RecentMedian {
  readonly #samples: number[] = [];

  add(sample: number): void {
    this.#samples.push(sample);
    if (this.#samples.length > MEDIAN_OF) this.#samples.shift();
  }

  /** Null before the first sample. */
  get value(): number | null {
    if (this.#samples.length === 0) return null;
    return percentile(
      [...this.#samples].sort((a, b) => a - b),
      0.5,
    );
  }

  clear(): void {
    this.#samples.length = 0;
  }
}
