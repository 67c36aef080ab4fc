import { setNewest } from '../../../shared/bounded-map.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';

/** Half-life of a measured time, ms: loads of games last for seconds. */
const TIME_HALF_LIFE_MS = 10_000;
/** Measured times remembered: seven qualities at several send sizes. */
const MAX_TIMES = 32;

/** Measured times of frames by quality and size, trusted less as they age. */
export class MeasuredTimes {
  readonly #now: () => number;
  /** Least recently updated first. */
  readonly #times = new Map<string, { tookMs: number; atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  learned(quality: Quality, size: string, tookMs: number): void {
    setNewest(this.#times, keyOf(quality, size), { tookMs, atMs: this.#now() }, MAX_TIMES);
  }

  /**
   * The measured time, halved every {@link TIME_HALF_LIFE_MS}: the load that made it slow may be over, and a quality that was far too slow
   * is tried again later than one that nearly fitted. Null for a quality that was never tried.
   */
  expectedMs(quality: Quality, size: string): number | null {
    const known = this.#times.get(keyOf(quality, size));
    return known ? fadedMs(known.tookMs, this.#now() - known.atMs) : null;
  }

  /** The time as it was measured last; null for a quality that was never tried. */
  lastMs(quality: Quality, size: string): number | null {
    return this.#times.get(keyOf(quality, size))?.tookMs ?? null;
  }
}

/** A time that was measured or predicted `ageMs` ago, as it counts now. */
export function fadedMs(tookMs: number, ageMs: number): number {
  return tookMs * 0.5 ** (ageMs / TIME_HALF_LIFE_MS);
}

function keyOf(quality: Quality, size: string): string {
  return `${quality} ${size}`;
}
