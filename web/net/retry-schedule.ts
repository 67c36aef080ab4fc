import type { Clock } from '../../shared/clock.ts';

/** When a link that failed is tried again. */
export const RETRY = {
  /** Delays before the first attempts, ms: most failures are a moment's. */
  firstDelaysMs: [0, 300, 1_200, 2_700],
  /**
   * Delay before each further attempt, ms. With the longest time that an attempt takes (`LINK.repeatTimeoutMs`) and the jitter it stays
   * below 12 s: a relay or a network that is back is used within 15 s.
   */
  delayMs: 3_000,
  /** How long it is tried so often, ms: a router restarts in two or three minutes, and an operator is back after a few more. */
  eagerMs: 10 * 60_000,
  /** Delay from then on, ms: an attempt costs the two browsers and the server a few kilobytes. */
  slowDelayMs: 30_000,
  /** Each delay is multiplied by 1 + random * this. */
  jitter: 0.3,
} as const;

/** Spaces the attempts of one link. There is no last one: a link is tried for as long as the two are introduced. */
export class RetrySchedule {
  readonly #clock: Clock;
  /** 0..1 */
  readonly #random: () => number;
  #failures = 0;
  #failingSinceMs = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Counts a failure. Returns the delay before the next attempt, ms. */
  failed(): number {
    const nowMs = this.#clock.now();
    if (this.#failures === 0) this.#failingSinceMs = nowMs;
    const isEager = nowMs - this.#failingSinceMs < RETRY.eagerMs;
    const delayMs = RETRY.firstDelaysMs[this.#failures++] ?? (isEager ? RETRY.delayMs : RETRY.slowDelayMs);
    return delayMs * (1 + this.#random() * RETRY.jitter);
  }

  /** There is reason to hope: the link opened, the other side came back, or this machine has a network again. */
  restart(): void {
    this.#failures = 0;
  }
}
