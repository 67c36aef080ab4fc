import { seededRandom } from '../../shared/tasks/test-random.ts';

/** Random numbers that are the same in every run. */
export class Random {
  /** 0..1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
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
