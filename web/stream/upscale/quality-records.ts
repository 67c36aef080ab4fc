import type { Quality } from '../../../shared/tasks/upscale.ts';
import { fadedMs, MeasuredTimes } from './measured-times.ts';

/** Wait before a quality that was too slow is tried again; doubled each time it did not hold for {@link PROVEN_MS}. */
const FIRST_WAIT_MS = 3_000;
const MAX_WAIT_MS = 120_000;
const PROVEN_MS = 30_000;
/** The same for a network that failed: its model could not be loaded, or the device had trouble. */
export const FIRST_FAILED_WAIT_MS = 15_000;
const MAX_FAILED_WAIT_MS = 300_000;

/** Wait, ms, before {@link HARDWARE_GPU_QUALITY} is tried again after a try found too little room, unless the load that it may have met is over. */
const OVERRUN_WAIT_MS = 300_000;
/** Share of the time that frames took beside that try up to which they tell that its load is over. A smaller change is noise. */
const LOAD_OVER_SHARE = 0.5;

/** A try that found too little room. */
interface Overrun {
  atMs: number;
  tookMs: number;
  /** What frames of other qualities took beside it, or next after it, ms. */
  besideMs: Map<Quality, number>;
}

/** Frames shown: their quality and the usual time of one. */
export interface Shown {
  quality: Quality;
  tookMs: number;
}

/** When a quality may be tried again. */
interface Backoff {
  /** Until then it is not tried, because it was too slow. */
  slowUntilMs: number;
  slowWaitMs: number;
  /** Until then it is skipped, because it failed. */
  failedUntilMs: number;
  failedWaitMs: number;
}

/**
 * The quality for hardware GPUs. It is not tried to find out how fast it is: a try takes a machine without a fast GPU the time of many frames. It is expected to
 * take at least what the engine predicts from what it measured, however long ago that was, and is not used where nothing is predicted.
 */
export const HARDWARE_GPU_QUALITY: Quality = 'ultra';

/** Predicts how long a frame of the present size takes, ms; null where that is not known. */
export type PredictMs = (quality: Quality) => number | null;

/** What is known of each quality on this machine: how long its frames take at the present size, and when it may be tried again. */
export class QualityRecords {
  readonly #now: () => number;
  readonly #predictMs: PredictMs;
  readonly #times: MeasuredTimes;
  readonly #backoffs = new Map<Quality, Backoff>();
  #overrun: Overrun | null = null;
  #size = '';
  #sizeSinceMs: number;

  constructor(now: () => number, predictMs: PredictMs) {
    this.#now = now;
    this.#predictMs = predictMs;
    this.#times = new MeasuredTimes(now);
    this.#sizeSinceMs = now();
  }

  /** Identifies the size of the frames; empty before the first. */
  get size(): string {
    return this.#size;
  }

  /** What was too slow may be tried at once at another size. */
  set size(size: string) {
    this.#size = size;
    this.#sizeSinceMs = this.#now();
    this.#overrun = null;
    for (const backoff of this.#backoffs.values()) backoff.slowWaitMs = backoff.slowUntilMs = 0;
  }

  /** A frame took this time. */
  learned(quality: Quality, tookMs: number): void {
    this.#times.learned(quality, this.#size, tookMs);
  }

  /** Measured, else predicted; 0 where nothing is known, and infinite for `ultra`. A prediction is no last word either, but for `ultra`. */
  expectedMs(quality: Quality): number {
    const measuredMs = this.#times.expectedMs(quality, this.#size);
    const predictedMs = this.#predictMs(quality);
    if (this.requiresHeadroom(quality)) return Math.max(measuredMs ?? 0, predictedMs ?? Number.POSITIVE_INFINITY);
    return measuredMs ?? fadedMs(predictedMs ?? 0, this.#now() - this.#sizeSinceMs);
  }

  /** Whether it is used only where it is expected to fit with room to spare, because a trial would delay frames. */
  requiresHeadroom(quality: Quality): boolean {
    return quality === HARDWARE_GPU_QUALITY;
  }

  /** Time expected of a quality under the load in which the present one takes `tookMs`. */
  underLoadMs(quality: Quality, present: Shown): number {
    const predictedMs = this.#predictMs(quality);
    const presentMs = this.#predictMs(present.quality);
    // Predictions of both were measured under the same load.
    const isComparable = predictedMs !== null && presentMs !== null && present.tookMs < Number.POSITIVE_INFINITY;
    return isComparable ? (present.tookMs * predictedMs) / presentMs : this.expectedMs(quality);
  }

  /** The time as it was measured last; null for a quality that was never tried. */
  lastMs(quality: Quality): number | null {
    return this.#times.lastMs(quality, this.#size);
  }

  isTried(quality: Quality): boolean {
    return this.lastMs(quality) !== null;
  }

  isKnown(quality: Quality): boolean {
    return this.isTried(quality) || this.#predictMs(quality) !== null;
  }

  /** It was too slow after it had been used for `heldMs`. */
  tooSlow(quality: Quality, heldMs: number): void {
    const backoff = this.#backoff(quality);
    const beforeMs = heldMs < PROVEN_MS ? backoff.slowWaitMs : 0;
    backoff.slowWaitMs = doubled(beforeMs, FIRST_WAIT_MS, MAX_WAIT_MS);
    backoff.slowUntilMs = this.#now() + backoff.slowWaitMs;
  }

  /** A try of {@link HARDWARE_GPU_QUALITY} beside these frames left too little room. */
  overran(tookMs: number, beside: Shown): void {
    this.#overrun = { atMs: this.#now(), tookMs, besideMs: new Map([[beside.quality, beside.tookMs]]) };
  }

  /** Enough frames were shown to tell their usual time. */
  showed({ quality, tookMs }: Shown): void {
    const besideMs = this.#overrun?.besideMs;
    if (besideMs && !besideMs.has(quality)) besideMs.set(quality, tookMs);
  }

  /** What a try that found too little room tells of {@link HARDWARE_GPU_QUALITY} under the load of the frames shown, ms; 0: nothing any more. */
  overrunMs({ quality, tookMs }: Shown): number {
    if (!this.#overrun) return 0;
    const { atMs, tookMs: overrunMs, besideMs } = this.#overrun;
    if (this.#now() - atMs >= OVERRUN_WAIT_MS) return 0;
    const thenMs = besideMs.get(quality) ?? 0;
    const isLoadOver = tookMs > 0 && tookMs <= LOAD_OVER_SHARE * thenMs;
    return isLoadOver ? (overrunMs * tookMs) / thenMs : overrunMs;
  }

  wasTooSlow(quality: Quality): boolean {
    return this.#backoff(quality).slowWaitMs > 0;
  }

  /** Whether it may be tried again after it was too slow. */
  isDue(quality: Quality): boolean {
    return this.#now() >= this.#backoff(quality).slowUntilMs;
  }

  /** It could not be loaded, or failed at a frame. Returns how long it is skipped, ms. */
  failed(quality: Quality): number {
    const backoff = this.#backoff(quality);
    backoff.failedWaitMs = doubled(backoff.failedWaitMs, FIRST_FAILED_WAIT_MS, MAX_FAILED_WAIT_MS);
    backoff.failedUntilMs = this.#now() + backoff.failedWaitMs;
    return backoff.failedWaitMs;
  }

  /** It was loaded and upscaled a frame. */
  worked(quality: Quality): void {
    this.#backoff(quality).failedWaitMs = 0;
  }

  isFailing(quality: Quality): boolean {
    return this.#now() < this.#backoff(quality).failedUntilMs;
  }

  #backoff(quality: Quality): Backoff {
    const known = this.#backoffs.get(quality);
    if (known) return known;
    const backoff = { slowUntilMs: 0, slowWaitMs: 0, failedUntilMs: 0, failedWaitMs: 0 };
    this.#backoffs.set(quality, backoff);
    return backoff;
  }
}

function doubled(beforeMs: number, firstMs: number, maxMs: number): number {
  return beforeMs === 0 ? firstMs : Math.min(2 * beforeMs, maxMs);
}
