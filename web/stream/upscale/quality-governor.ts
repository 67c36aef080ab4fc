import { logger } from '../../../shared/log.ts';
import type { LoweredCause } from '../../../shared/messages.ts';
import { isNetwork, NETWORKS, type Quality } from '../../../shared/tasks/upscale.ts';
import { median } from '../rolling-statistics.ts';
import { LONGEST_INTERVAL_MS, SOURCE_SHARE } from './frame-budget.ts';

const log = logger('stream.quality');

/** Frames whose median is judged... */
export const WINDOW_FRAMES = 15;
/** ...once there are this many: half a window, so that a sudden load is answered soon. */
export const JUDGE_FRAMES = 8;
/** This many frames in a row that each exceed the budget by {@link FAR_OVER_RATIO} are no hiccup: step down at once. */
export const FAR_OVER_FRAMES = 3;
const FAR_OVER_RATIO = 2;
/** A step up must be expected to take at most this share of the budget. Between it and the whole budget nothing changes. */
export const STEP_UP_SHARE = 0.8;
/** Frames before a step up: to a quality that was never tried, so that a stream soon looks its best, and to any other. */
export const FIRST_CLIMB_FRAMES = 3;
export const CLIMB_FRAMES = 30;
/** Half-life of a measured time, ms: loads of games last for seconds. */
const TIME_HALF_LIFE_MS = 10_000;
/** Measured times remembered: five qualities at several send sizes. */
const MAX_TIMES = 32;
/** Wait before a quality that was too slow is tried again; doubled each time it did not hold for {@link PROVEN_MS}. */
const FIRST_WAIT_MS = 3_000;
const MAX_WAIT_MS = 120_000;
const PROVEN_MS = 30_000;
/** The same for a network that failed: its model could not be loaded, or the device had trouble. */
export const FIRST_FAILED_WAIT_MS = 15_000;
const MAX_FAILED_WAIT_MS = 300_000;

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
 * Decides the quality of a stream's next frame: the best one, up to the chosen one, whose frames fit the time budget.
 *
 * It starts at `spatial` and climbs one network at a time, so that no frame waits for a model, and a machine that is far too slow for the
 * largest network finds out with the smallest. It never goes below `spatial`: `bilinear` is what a browser does without us. A filter that
 * was chosen is kept whatever it takes.
 */
export class QualityGovernor {
  readonly #now: () => number;
  readonly #times: MeasuredTimes;
  readonly #backoffs = new Map<Quality, Backoff>();
  #ceiling: Quality;
  #quality: Quality;
  #sinceMs: number;
  #size = '';
  /** Times of the newest frames in this quality, oldest first; null for a skipped frame. */
  #frames: (number | null)[] = [];
  /** Frames measured in the current quality and size. */
  #measuredFrames = 0;
  /** Time that upscaling one frame may take, ms. */
  budgetMs: number = SOURCE_SHARE * LONGEST_INTERVAL_MS;

  constructor(ceiling: Quality, now: () => number) {
    this.#now = now;
    this.#times = new MeasuredTimes(now);
    this.#ceiling = ceiling;
    this.#quality = ladderTo(ceiling)[0];
    this.#sinceMs = now();
  }

  /** Quality of the next frame. */
  get quality(): Quality {
    return this.#quality;
  }

  get ceiling(): Quality {
    return this.#ceiling;
  }

  /** The chosen quality, which is the best one used. */
  set ceiling(ceiling: Quality) {
    if (ceiling === this.#ceiling) return;
    this.#ceiling = ceiling;
    const ladder = ladderTo(ceiling);
    if (isNetwork(ceiling) && ladder.includes(this.#quality)) return;
    this.#switchTo(isNetwork(ceiling) && isNetwork(this.#quality) ? ceiling : ladder[0], 'chosen');
  }

  /** Identifies the size of the following frames: times depend on it. */
  set size(size: string) {
    if (size === this.#size) return;
    this.#size = size;
    for (const backoff of this.#backoffs.values()) backoff.slowWaitMs = backoff.slowUntilMs = 0;
    this.#restart();
  }

  /** Why the quality is below the chosen one; null when it is not. */
  get downgradeReason(): LoweredCause | null {
    if (this.#quality === this.#ceiling) return null;
    const next = this.#nextBetter();
    if (next === null) return 'not-available';
    const wasTooSlow = this.#backoff(next).slowWaitMs > 0 || !this.#mayFit(next);
    return wasTooSlow ? 'too-slow' : 'getting-ready';
  }

  /** Quality that should be warmed up now; null: none. */
  get wanted(): Quality | null {
    const next = this.#nextBetter();
    if (next === null || this.#now() < this.#backoff(next).slowUntilMs) return null;
    const isNew = !this.#times.isKnown(next, this.#size);
    const enough = isNew ? FIRST_CLIMB_FRAMES : CLIMB_FRAMES;
    return this.#measuredFrames >= enough && this.#mayFit(next) ? next : null;
  }

  /** A frame was upscaled in `quality`; the time includes waiting in the engine for frames of other streams. */
  measured(tookMs: number): void {
    this.#remember(tookMs);
    this.#measuredFrames++;
    const took = this.#tookMs();
    const medianMs = median(took);
    const last = took.slice(-FAR_OVER_FRAMES);
    const lastMs = last.length < FAR_OVER_FRAMES ? 0 : Math.min(...last);
    const isFarOver = lastMs > FAR_OVER_RATIO * this.budgetMs;
    const isOver = took.length >= JUDGE_FRAMES && medianMs > this.budgetMs;
    this.#times.learned(this.#quality, this.#size, isFarOver ? lastMs : medianMs);
    if (isOver || isFarOver) this.#stepDown();
  }

  /** A frame was dropped because the engine was busy. */
  onFrameSkipped(): void {
    this.#remember(null);
    const skipped = this.#frames.length - this.#tookMs().length;
    if (skipped >= JUDGE_FRAMES) this.#stepDown();
  }

  /** A quality is warmed up and takes `tookMs` for a frame, beside the frames shown. Returns whether to use it: not if it is far too slow. */
  warmedUp(quality: Quality, tookMs: number): boolean {
    this.#times.learned(quality, this.#size, tookMs);
    if (quality !== this.#nextBetter()) return false;
    if (tookMs > FAR_OVER_RATIO * this.budgetMs) {
      this.#tooSlow(quality, 0);
      return false;
    }
    this.#backoff(quality).failedWaitMs = 0;
    this.#switchTo(quality, 'fits');
    return true;
  }

  /** A network could not be loaded, or failed at a frame. */
  failed(quality: Quality): void {
    const backoff = this.#backoff(quality);
    backoff.failedWaitMs = doubled(backoff.failedWaitMs, FIRST_FAILED_WAIT_MS, MAX_FAILED_WAIT_MS);
    backoff.failedUntilMs = this.#now() + backoff.failedWaitMs;
    log.warn('failed', { quality, waitMs: backoff.failedWaitMs });
    if (quality === this.#quality) this.#switchTo(this.#nextLower(), 'failed');
  }

  /** The next better quality that is not failing; null at the top. */
  #nextBetter(): Quality | null {
    const ladder = ladderTo(this.#ceiling);
    const above = ladder.slice(ladder.indexOf(this.#quality) + 1);
    return above.find((quality) => !this.#isFailing(quality)) ?? null;
  }

  #nextLower(): Quality {
    const ladder = ladderTo(this.#ceiling);
    const below = ladder.slice(0, Math.max(0, ladder.indexOf(this.#quality)));
    return below.findLast((quality) => !this.#isFailing(quality)) ?? ladder[0];
  }

  #isFailing(quality: Quality): boolean {
    return this.#now() < this.#backoff(quality).failedUntilMs;
  }

  /** Whether the quality is expected to fit the budget. It takes at least as long as the current, lower one. */
  #mayFit(quality: Quality): boolean {
    const expectedMs = Math.max(this.#times.expectedMs(quality, this.#size), median(this.#tookMs()));
    return expectedMs <= STEP_UP_SHARE * this.budgetMs;
  }

  #stepDown(): void {
    const quality = this.#quality;
    const below = this.#nextLower();
    if (below === quality) return;
    this.#tooSlow(quality, this.#now() - this.#sinceMs);
    this.#switchTo(below, 'too-slow');
  }

  #tooSlow(quality: Quality, heldMs: number): void {
    const backoff = this.#backoff(quality);
    const beforeMs = heldMs < PROVEN_MS ? backoff.slowWaitMs : 0;
    backoff.slowWaitMs = doubled(beforeMs, FIRST_WAIT_MS, MAX_WAIT_MS);
    backoff.slowUntilMs = this.#now() + backoff.slowWaitMs;
  }

  #switchTo(quality: Quality, cause: 'chosen' | 'fits' | 'failed' | 'too-slow'): void {
    const { budgetMs } = this;
    log.info('step', { from: this.#quality, to: quality, cause, medianMs: median(this.#tookMs()), budgetMs });
    this.#quality = quality;
    this.#restart();
  }

  #restart(): void {
    this.#sinceMs = this.#now();
    this.#frames = [];
    this.#measuredFrames = 0;
  }

  #remember(tookMs: number | null): void {
    this.#frames.push(tookMs);
    if (this.#frames.length > WINDOW_FRAMES) this.#frames.shift();
  }

  /** Times of the frames that were not skipped, oldest first. */
  #tookMs(): number[] {
    return this.#frames.filter((tookMs) => tookMs !== null);
  }

  #backoff(quality: Quality): Backoff {
    const known = this.#backoffs.get(quality);
    if (known) return known;
    const backoff = { slowUntilMs: 0, slowWaitMs: 0, failedUntilMs: 0, failedWaitMs: 0 };
    this.#backoffs.set(quality, backoff);
    return backoff;
  }
}

/** Qualities that may be used when `ceiling` is chosen, lowest first. */
function ladderTo(ceiling: Quality): readonly [Quality, ...Quality[]] {
  if (!isNetwork(ceiling)) return [ceiling];
  return ['spatial', ...NETWORKS.slice(0, NETWORKS.indexOf(ceiling) + 1)];
}

function doubled(beforeMs: number, firstMs: number, maxMs: number): number {
  return beforeMs === 0 ? firstMs : Math.min(2 * beforeMs, maxMs);
}

/** Measured times by quality and size, trusted less as they age. */
class MeasuredTimes {
  readonly #now: () => number;
  /** Least recently updated first. */
  readonly #times = new Map<string, { tookMs: number; atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  learned(quality: Quality, size: string, tookMs: number): void {
    const key = keyOf(quality, size);
    this.#times.delete(key);
    this.#times.set(key, { tookMs, atMs: this.#now() });
    for (const [oldest] of this.#times) {
      if (this.#times.size <= MAX_TIMES) break;
      this.#times.delete(oldest);
    }
  }

  /**
   * The measured time, halved every {@link TIME_HALF_LIFE_MS}: the load that made it slow may be over, and a quality that was far too slow
   * is tried again later than one that nearly fitted. 0 for a quality that was never tried.
   */
  expectedMs(quality: Quality, size: string): number {
    const known = this.#times.get(keyOf(quality, size));
    if (!known) return 0;
    return known.tookMs * 0.5 ** ((this.#now() - known.atMs) / TIME_HALF_LIFE_MS);
  }

  isKnown(quality: Quality, size: string): boolean {
    return this.#times.has(keyOf(quality, size));
  }
}

function keyOf(quality: Quality, size: string): string {
  return `${quality} ${size}`;
}
