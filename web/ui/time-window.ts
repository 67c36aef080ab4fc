/** One instant of a chart: seconds since it began, then one value a line (null: none). */
export type Sample = readonly [timeS: number, ...values: (number | null)[]];

/** The last samples within a window of time, and never more than `maxSamples`. */
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

  /** In columns, as a chart wants them: times, then each line's values. */
  columns(lines: number): [number[], ...(number | null)[][]] {
    const values = Array.from({ length: lines }, (_, line) => this.#samples.map((sample) => sample[line + 1] ?? null));
    return [this.#samples.map(([timeS]) => timeS), ...values];
  }
}
