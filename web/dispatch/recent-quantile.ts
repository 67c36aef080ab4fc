/** A quantile of the newest so many samples. */
export class RecentQuantile {
  readonly #quantile: number;
  readonly #window: number;
  readonly #refresh: number;
  readonly #ring: number[] = [];
  #next = 0;
  #value: number | null = null;

  /** @param refresh - it is taken anew every so many samples: sorting for each would cost more than a fresh figure is worth. */
  constructor(quantile: number, window: number, refresh: number) {
    this.#quantile = quantile;
    this.#window = window;
    this.#refresh = refresh;
  }

  get count(): number {
    return this.#ring.length;
  }

  /** 0 before there is a sample. */
  get value(): number {
    this.#value ??= this.#ring.toSorted((a, b) => a - b)[Math.floor(this.#quantile * this.#ring.length)] ?? 0;
    return this.#value;
  }

  add(sample: number): void {
    this.#ring[this.#next] = sample;
    this.#next = (this.#next + 1) % this.#window;
    if (this.#next % this.#refresh === 0 || this.count < this.#refresh) this.#value = null;
  }
}
