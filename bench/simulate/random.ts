/** Random numbers that are the same in every run (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0..1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Of waits that do not depend on how long one has waited. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** One of them, each as likely as its weight; the weights add up to 1. */
  pick<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.next();
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    const [, last] = choices.at(-1) ?? [];
    return last as T;
  }
}
