import { HEARTBEAT } from './tuning.ts';

/** A link's round trip and how much it scatters, smoothed as RFC 6298 does. */
export class RoundTrip {
  #smoothedMs: number | null = null;
  #jitterMs: number = HEARTBEAT.assumedRttMs / 2;

  /** Null before it is measured. */
  get measuredMs(): number | null {
    return this.#smoothedMs;
  }

  /** All but the rarest answers come within it. */
  get longestMs(): number {
    return (this.#smoothedMs ?? HEARTBEAT.assumedRttMs) + HEARTBEAT.jitterFactor * this.#jitterMs;
  }

  /** Returns the smoothed round trip. */
  add(sampleMs: number): number {
    if (this.#smoothedMs === null) {
      this.#smoothedMs = sampleMs;
      this.#jitterMs = sampleMs / 2;
    } else {
      const offMs = Math.abs(this.#smoothedMs - sampleMs);
      this.#jitterMs += HEARTBEAT.jitterSmoothing * (offMs - this.#jitterMs);
      this.#smoothedMs += HEARTBEAT.rttSmoothing * (sampleMs - this.#smoothedMs);
    }
    return this.#smoothedMs;
  }
}
