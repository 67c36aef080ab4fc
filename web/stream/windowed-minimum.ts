/** The smallest of the last one to two windows, without keeping them all. */
export class WindowedMinimum {
  readonly #windowMs: number;
  #sinceMs: number | null = null;
  #before = Number.POSITIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get value(): number {
    return Math.min(this.#before, this.#current);
  }

  add(sample: number, nowMs: number): void {
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs >= this.#windowMs) {
      this.#before = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#sinceMs = nowMs;
    }
    this.#current = Math.min(this.#current, sample);
  }
}
