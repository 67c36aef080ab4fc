/** A chart sample: seconds since the chart began, then one value per line (null: none). */
export type Sample = readonly [timeS: number, ...values: (number | null)[]];

/** The samples of the last `windowS` seconds, at most `maxSamples`. */
export class TimeWindow {
  #samples: Sample[] = [];

  constructor(
    private readonly windowS: number,
    private readonly maxSamples: number,
  ) {}

  add(sample: Sample): void {
    const oldestS = sample[0] - this.windowS;
    this.#samples = [...this.#samples.filter(([timeS]) => timeS >= oldestS), sample].slice(-this.maxSamples);
  }

  /** The samples as chart columns: times, then each line's values. */
  columns(lines: number): [number[], ...(number | null)[][]] {
    const values = Array.from({ length: lines }, (_, line) => this.#samples.map((sample) => sample[line + 1] ?? null));
    return [this.#samples.map(([timeS]) => timeS), ...values];
  }
}

/** Rate at which a growing count grew over the last `windowMs`. */
export class CountRate {
  readonly #windowMs: number;
  #samples: { atMs: number; count: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(count: number, atMs: number): void {
    this.#samples = [...this.#samples.filter((sample) => sample.atMs >= atMs - this.#windowMs), { atMs, count }];
  }

  /** NaN until there are two samples. */
  get perSecond(): number {
    const [first, ...later] = this.#samples;
    const last = later.at(-1);
    return first && last ? (1_000 * (last.count - first.count)) / (last.atMs - first.atMs) : Number.NaN;
  }
}
