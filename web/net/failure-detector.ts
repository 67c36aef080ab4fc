import type { Clock } from '../../shared/clock.ts';

/** Round trip of a link before it is measured, ms: two homes in one country. */
export const ASSUMED_RTT_MS = 20;
/** Weights of the newest sample in the smoothed round trip and in its jitter, and the jitter an answer may have (RFC 6298). */
export const RTT = { smoothing: 0.125, jitterSmoothing: 0.25, jitterFactor: 4 } as const;
/** Delay between the two checks of a silence, ms: messages that wait in our own event queue are handled by then. */
export const RECHECK_MS = 10;

/** Estimates the round trip of a link and its jitter from samples, smoothed as in RFC 6298. */
export class RttEstimator {
  #smoothedMs: number | null = null;
  #jitterMs: number = ASSUMED_RTT_MS / 2;

  /** Smoothed round trip, ms; null before the first sample. */
  get measuredMs(): number | null {
    return this.#smoothedMs;
  }

  /** Time within which all but the rarest answers arrive, ms. */
  get longestMs(): number {
    return (this.#smoothedMs ?? ASSUMED_RTT_MS) + RTT.jitterFactor * this.#jitterMs;
  }

  /** Adds a sample. Returns the smoothed round trip, ms. */
  add(sampleMs: number): number {
    if (this.#smoothedMs === null) {
      this.#smoothedMs = sampleMs;
      this.#jitterMs = sampleMs / 2;
    } else {
      const offMs = Math.abs(this.#smoothedMs - sampleMs);
      this.#jitterMs += RTT.jitterSmoothing * (offMs - this.#jitterMs);
      this.#smoothedMs += RTT.smoothing * (sampleMs - this.#smoothedMs);
    }
    return this.#smoothedMs;
  }
}

export interface SilenceDetectorOptions {
  clock: Clock;
  /** Whether the other side has work, so that signs of life are expected. */
  hasWork(): boolean;
  /** Longest silence that raises no suspicion, ms. */
  allowedMs(): number;
  onSilence(isSilent: boolean): void;
}

/**
 * Detects when the other side falls silent although it has work, and when it is heard again. Without work, no timer runs. Each silence
 * is checked twice, a few milliseconds apart: if our own thread was blocked, the messages that arrived in the meantime are handled
 * between the two checks and clear the suspicion.
 */
export class SilenceDetector {
  readonly #options: SilenceDetectorOptions;
  #lastSignMs = Number.NEGATIVE_INFINITY;
  #isSilent = false;
  #cancelCheck: (() => void) | null = null;

  constructor(options: SilenceDetectorOptions) {
    this.#options = options;
  }

  /** The other side was given work: signs of life are expected from now on. */
  workBegan(): void {
    // Time without work does not count as silence.
    this.#lastSignMs = this.#options.clock.now();
    this.#watch();
  }

  /** Reports a sign of life. */
  heard(): void {
    this.#lastSignMs = this.#options.clock.now();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#watch();
    this.#options.onSilence(false);
  }

  dispose(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = null;
  }

  get #silentMs(): number {
    return this.#options.clock.now() - this.#lastSignMs;
  }

  /** Signs of life are too frequent to reset a timer each time: the check computes how old the last one is. */
  #watch(): void {
    if (this.#cancelCheck || this.#isSilent || !this.#options.hasWork()) return;
    const untilCheckMs = this.#options.allowedMs() - RECHECK_MS - this.#silentMs;
    if (untilCheckMs > 0) this.#checkAfter(untilCheckMs, () => this.#watch());
    else this.#checkAfter(RECHECK_MS, () => this.#judge());
  }

  #judge(): void {
    if (!this.#options.hasWork() || this.#silentMs < this.#options.allowedMs()) {
      this.#watch();
      return;
    }
    this.#isSilent = true;
    this.#options.onSilence(true);
  }

  #checkAfter(delayMs: number, check: () => void): void {
    this.#cancelCheck = this.#options.clock.after(delayMs, () => {
      this.#cancelCheck = null;
      check();
    });
  }
}
