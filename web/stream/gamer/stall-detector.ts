import type { Clock } from '../../../shared/clock.ts';
import { STREAM } from '../tuning.ts';

/** Weights of the newest interval and its deviation, and how many deviations are usual, as RFC 6298 has them for round trips. */
const MEAN_SMOOTHING = 0.125;
const DEVIATION_SMOOTHING = 0.25;
const DEVIATIONS = 4;

/** Notices at once when a picture does not come at its usual time. One timer, and none while the source stands still. */
export class StallDetector {
  readonly #clock: Clock;
  readonly #onGap: () => boolean;
  #meanMs: number | null = null;
  #deviationMs = 0;
  /** Null while none is waited for. */
  #shownMs: number | null = null;
  #cancelTimer: (() => void) | null = null;

  /** @param onGap - no picture came in time; returns whether one should have. */
  constructor(clock: Clock, onGap: () => boolean) {
    this.#clock = clock;
    this.#onGap = onGap;
  }

  /** A frame came from the source, whose picture takes `delayMs` as a rule. */
  captured(delayMs: number): void {
    if (!this.#cancelTimer) this.#arm(Math.max(delayMs, this.#meanMs ?? 0));
  }

  shown(): void {
    const nowMs = this.#clock.now();
    if (this.#shownMs !== null) this.#learn(nowMs - this.#shownMs);
    this.#shownMs = nowMs;
    this.#arm(this.#meanMs ?? STREAM.gapMs);
  }

  dispose(): void {
    this.#cancelTimer?.();
  }

  #arm(usualMs: number): void {
    this.#cancelTimer?.();
    const slackMs = Math.min(STREAM.maxGapSlackMs, Math.max(STREAM.minGapSlackMs, DEVIATIONS * this.#deviationMs));
    this.#cancelTimer = this.#clock.after(usualMs + slackMs, () => {
      this.#cancelTimer = null;
      // The source stands still: the pause is no interval to learn from.
      if (!this.#onGap()) this.#shownMs = null;
    });
  }

  #learn(intervalMs: number): void {
    if (this.#meanMs === null) {
      this.#meanMs = intervalMs;
      this.#deviationMs = intervalMs / 2;
      return;
    }
    this.#deviationMs += DEVIATION_SMOOTHING * (Math.abs(intervalMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += MEAN_SMOOTHING * (intervalMs - this.#meanMs);
  }
}
