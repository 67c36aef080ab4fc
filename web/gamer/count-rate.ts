/** How fast a count that only grows has grown of late, a second. */
export class CountRate {
  readonly #windowMs: number;
  #samples: { atMs: number; count: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(count: number, atMs: number): void {
    this.#samples = [...this.#samples.filter((sample) => sample.atMs >= atMs - this.#windowMs), { atMs, count }];
  }

  /** NaN until there are two counts. */
  get perSecond(): number {
    const [first, ...later] = this.#samples;
    const last = later.at(-1);
    return first && last ? (1_000 * (last.count - first.count)) / (last.atMs - first.atMs) : Number.NaN;
  }
}
