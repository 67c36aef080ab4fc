import type { Quality } from '../../../shared/tasks/upscale.ts';
import { GOVERNOR } from '../tuning.ts';

interface Remembered {
  tookMs: number;
  atMs: number;
}

/** What frames took, by quality and size, as far as that is still believed. */
export class QualityTimes {
  readonly #now: () => number;
  /** Longest not heard of first. */
  readonly #times = new Map<string, Remembered>();

  constructor(now: () => number) {
    this.#now = now;
  }

  learned(quality: Quality, size: string, tookMs: number): void {
    const key = keyOf(quality, size);
    this.#times.delete(key);
    this.#times.set(key, { tookMs, atMs: this.#now() });
    for (const [oldest] of this.#times) {
      if (this.#times.size <= GOVERNOR.maxTimes) break;
      this.#times.delete(oldest);
    }
  }

  /**
   * What it took, less and less of it as time goes by: the load that made it slow may have gone, and what was far too slow is tried
   * again later than what nearly fitted. 0 for what was never tried.
   */
  expectedMs(quality: Quality, size: string): number {
    const known = this.#times.get(keyOf(quality, size));
    if (!known) return 0;
    return known.tookMs * 0.5 ** ((this.#now() - known.atMs) / GOVERNOR.forgetHalfMs);
  }

  isKnown(quality: Quality, size: string): boolean {
    return this.#times.has(keyOf(quality, size));
  }
}

function keyOf(quality: Quality, size: string): string {
  return `${quality} ${size}`;
}
