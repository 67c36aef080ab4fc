import { RecentMedian } from '../rolling-statistics.ts';

/** Share of the source's frame interval that upscaling one frame may take; the rest is for codecs and variation. */
export const SOURCE_SHARE = 0.85;
/** The same on the machine that also renders the game with this GPU, and must not slow it down. */
export const LOCAL_SHARE = 0.5;
/** Share of the interval between received frames where fewer arrive than the source gives: the time in between is idle anyway. */
export const SPARSE_SHARE = 0.7;
/** Longest interval that counts, ms: a slow source is no reason for a late picture. */
export const LONGEST_INTERVAL_MS = 100;
/** Frames before measured intervals count. */
const MIN_FRAMES = 5;

/**
 * The time budget for upscaling one frame, from the source's frame rate and the rate at which frames arrive. A gamer may send only some of
 * its frames, over a slow link or because volunteers take turns. If frames arrive rarely but are upscaled quickly, each may take longer.
 * If they arrive rarely because each takes long, they arrive right after one another, and the source's interval decides.
 */
export class FrameBudget {
  readonly #sourceIntervalMs = new RecentMedian();
  readonly #arrivalIntervalMs = new RecentMedian();
  #last: { frameId: number; capturedMs: number; arrivedMs: number } | null = null;
  #frames = 0;
  /** Shortest median interval of the source: a game slowed down by the upscaling itself must not be taken for a slower source. */
  #fastestIntervalMs = Number.POSITIVE_INFINITY;

  /** @param capturedMs - on the source's clock. */
  frame(frameId: number, capturedMs: number, arrivedMs: number): void {
    const last = this.#last;
    this.#last = { frameId, capturedMs, arrivedMs };
    if (!last || frameId <= last.frameId) return;
    this.#frames++;
    // Frames that were not sent leave gaps in the numbers.
    this.#sourceIntervalMs.add((capturedMs - last.capturedMs) / (frameId - last.frameId));
    this.#arrivalIntervalMs.add(arrivedMs - last.arrivedMs);
    if (this.#frames < MIN_FRAMES) return;
    this.#fastestIntervalMs = Math.min(
      this.#fastestIntervalMs,
      this.#sourceIntervalMs.value ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Budget of a volunteer, ms. @param maxFps - limit of the source's frame rate. */
  volunteerMs(maxFps: number): number {
    const arrivalMs = this.#frames < MIN_FRAMES ? 0 : (this.#arrivalIntervalMs.value ?? 0);
    return Math.max(SOURCE_SHARE * this.#intervalMs(maxFps), SPARSE_SHARE * Math.min(arrivalMs, LONGEST_INTERVAL_MS));
  }

  /** Budget of the gamer's own machine, ms. @param maxFps - limit of the source's frame rate. */
  localMs(maxFps: number): number {
    return LOCAL_SHARE * this.#intervalMs(maxFps);
  }

  /**
   * Time for one frame, ms, above which the gamer's own machine had better show it as it is: fewer than ten pictures a second are no
   * motion, unless the source gives no more. Infinite before the source's rate is known.
   */
  get localPassthroughAboveMs(): number {
    return this.#frames < MIN_FRAMES
      ? Number.POSITIVE_INFINITY
      : Math.max(LONGEST_INTERVAL_MS, this.#fastestIntervalMs);
  }

  #intervalMs(maxFps: number): number {
    const measuredMs = this.#frames < MIN_FRAMES ? 0 : this.#fastestIntervalMs;
    return Math.min(Math.max(1000 / maxFps, measuredMs), LONGEST_INTERVAL_MS);
  }
}
