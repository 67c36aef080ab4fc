/** Samples of a {@link RecentMedian}: enough that one outlier does not move it, few enough to follow a change within a second. */
const MEDIAN_SAMPLES = 15;

/** Nearest-rank percentile (NIST) of values in ascending order; 0 when there are none. */
export function percentile(ascending: readonly number[], fraction: number): number {
  const rank = Math.max(1, Math.ceil(fraction * ascending.length));
  return ascending[rank - 1] ?? 0;
}

/** Median by nearest rank, in any order of the values; 0 when there are none. */
export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Median of the last 15 samples. */
export class RecentMedian {
  readonly #samples: number[] = [];

  add(sample: number): void {
    this.#samples.push(sample);
    if (this.#samples.length > MEDIAN_SAMPLES) this.#samples.shift();
  }

  /** Null before the first sample. */
  get value(): number | null {
    return this.#samples.length === 0 ? null : median(this.#samples);
  }
}

/** Entries added during the last `windowMs`, at most the newest `maxEntries` of them. */
export class SlidingWindow<Entry> {
  readonly #windowMs: number;
  readonly #maxEntries: number;
  #entries: { atMs: number; entry: Entry }[] = [];

  constructor(windowMs: number, maxEntries: number) {
    this.#windowMs = windowMs;
    this.#maxEntries = maxEntries;
  }

  add(entry: Entry, nowMs: number): void {
    this.#entries.push({ atMs: nowMs, entry });
    // Pruned in bulk, so that adding stays cheap.
    if (this.#entries.length > 2 * this.#maxEntries) this.#prune(nowMs);
  }

  /** Oldest first. */
  entries(nowMs: number): Entry[] {
    this.#prune(nowMs);
    return this.#entries.map(({ entry }) => entry);
  }

  #prune(nowMs: number): void {
    const sinceMs = nowMs - this.#windowMs;
    this.#entries = this.#entries.filter(({ atMs }) => atMs > sinceMs).slice(-this.#maxEntries);
  }
}

/**
 * Minimum over at least the last `windowMs` and at most twice that, in constant memory: the minima of the current and the previous
 * window are kept, not their samples.
 */
export class WindowedMinimum {
  readonly #windowMs: number;
  #windowStartMs: number | null = null;
  #previous = Number.POSITIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Infinity before the first sample. */
  get value(): number {
    return Math.min(this.#previous, this.#current);
  }

  add(sample: number, nowMs: number): void {
    this.#windowStartMs ??= nowMs;
    if (nowMs - this.#windowStartMs >= this.#windowMs) {
      this.#previous = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#windowStartMs = nowMs;
    }
    this.#current = Math.min(this.#current, sample);
  }
}
