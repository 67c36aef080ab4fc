import type { Clock } from '../../shared/clock.ts';

/** Round trip of a link before it is measured, ms: two homes in one country. */
export const ASSUMED_RTT_MS = 20;
/** Weights of the newest sample in the smoothed round trip and in its jitter, and the jitter an answer may have (RFC 6298). */
export const RTT = { smoothing: 0.125, jitterSmoothing: 0.25, jitterFactor: 4 } as const;
/** Delay between the two checks of a silence, ms: messages that wait in our own event queue are handled by then. */
export const RECHECK_MS = 10;

/** A link's round trip and how much it scatters, smoothed as RFC 6298 does. */
export class RttEstimator {
  #smoothedMs: number | null = null;
  #jitterMs: number = ASSUMED_RTT_MS / 2;

  /** Null before it is measured. */
  get measuredMs(): number | null {
    return this.#smoothedMs;
  }

  /** All but the rarest answers come within it. */
  get longestMs(): number {
    return (this.#smoothedMs ?? ASSUMED_RTT_MS) + RTT.jitterFactor * this.#jitterMs;
  }

  /** Returns the smoothed round trip. */
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

export interface SilenceWatchOptions {
  clock: Clock;
  /** Should there be signs of life? */
  working(): boolean;
  /** A longer silence than this is told. */
  allowedMs(): number;
  onSilence(isSilent: boolean): void;
}

/**
 * Notices when the other side falls silent although it has work, and when it is heard again. Without work no timer is set. Every
 * silence is looked at twice, a few milliseconds apart: if it was our own thread that stood still, what came meanwhile is heard
 * between the two, and nobody is suspected for it.
 */
export class SilenceDetector {
  readonly #options: SilenceWatchOptions;
  #signMs = Number.NEGATIVE_INFINITY;
  #isSilent = false;
  #cancelLook: (() => void) | null = null;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** The other side was given work: from now on it should be heard. */
  workBegan(): void {
    // That it had nothing to say before is no silence.
    this.#signMs = this.#options.clock.now();
    this.#watch();
  }

  /** A sign of life. */
  heard(): void {
    this.#signMs = this.#options.clock.now();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#watch();
    this.#options.onSilence(false);
  }

  dispose(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
  }

  get #silentMs(): number {
    return this.#options.clock.now() - this.#signMs;
  }

  /** Signs move no timer: there are many. The first look finds out how old the last one is. */
  #watch(): void {
    if (this.#cancelLook || this.#isSilent || !this.#options.working()) return;
    const untilLookMs = this.#options.allowedMs() - RECHECK_MS - this.#silentMs;
    if (untilLookMs > 0) this.#lookAfter(untilLookMs, () => this.#watch());
    else this.#lookAfter(RECHECK_MS, () => this.#judge());
  }

  #judge(): void {
    if (!this.#options.working() || this.#silentMs < this.#options.allowedMs()) {
      this.#watch();
      return;
    }
    this.#isSilent = true;
    this.#options.onSilence(true);
  }

  #lookAfter(delayMs: number, look: () => void): void {
    this.#cancelLook = this.#options.clock.after(delayMs, () => {
      this.#cancelLook = null;
      look();
    });
  }
}
