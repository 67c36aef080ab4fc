import type { Clock } from '../../../shared/clock.ts';

/** Stall threshold until enough frames were shown to know the usual interval, ms: ten frames at 60 fps. */
export const DEFAULT_STALL_MS = 160;
/** Bounds of the slack granted beyond the usual interval, ms: below, timer jitter looks like a stall; above, a stall is visible. */
const MIN_SLACK_MS = 15;
export const MAX_SLACK_MS = 40;
/** Smoothing factors of the mean interval and its deviation, and deviations of slack: those of TCP's retransmission timer (RFC 6298). */
const MEAN_SMOOTHING = 0.125;
const DEVIATION_SMOOTHING = 0.25;
const DEVIATIONS = 4;

/** Detects that no frame was shown at its usual time. Uses one timer, and none while the source stands still. */
export class StallDetector {
  readonly #clock: Clock;
  readonly #onStall: () => boolean;
  #meanMs: number | null = null;
  #deviationMs = 0;
  /** When the last frame was shown; null while the source stands still. */
  #shownMs: number | null = null;
  #cancelTimer: (() => void) | null = null;

  /** @param onStall - called when no frame was shown in time; returns whether one was due. */
  constructor(clock: Clock, onStall: () => boolean) {
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** The source gave a frame, which usually takes `delayMs` to reach the screen. */
  captured(delayMs: number): void {
    if (!this.#cancelTimer) this.#arm(Math.max(delayMs, this.#meanMs ?? 0));
  }

  /** A frame reached the screen. */
  shown(): void {
    const nowMs = this.#clock.now();
    if (this.#shownMs !== null) this.#learn(nowMs - this.#shownMs);
    this.#shownMs = nowMs;
    this.#arm(this.#meanMs ?? DEFAULT_STALL_MS);
  }

  dispose(): void {
    this.#cancelTimer?.();
  }

  #arm(usualMs: number): void {
    this.#cancelTimer?.();
    const slackMs = Math.min(MAX_SLACK_MS, Math.max(MIN_SLACK_MS, DEVIATIONS * this.#deviationMs));
    this.#cancelTimer = this.#clock.after(usualMs + slackMs, () => {
      this.#cancelTimer = null;
      // The source stands still: its pause is not an interval to learn from.
      if (!this.#onStall()) this.#shownMs = null;
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
