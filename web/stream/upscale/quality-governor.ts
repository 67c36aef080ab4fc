import { logger } from '../../../shared/log.ts';
import type { LoweredCause } from '../../../shared/messages.ts';
import { isNetwork, QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { median } from '../rolling-statistics.ts';
import { LONGEST_INTERVAL_MS, SOURCE_SHARE } from './frame-budget.ts';
import { type PredictMs, QualityRecords, type Shown } from './quality-records.ts';

const log = logger('stream.quality');

/** Newest frames whose median is judged. */
export const WINDOW_FRAMES = 15;
/** Fewest frames whose median is judged: half a window, so that a sudden load is answered soon. */
export const MIN_WINDOW_FRAMES = 8;
/** This many frames in a row that each exceed the budget by {@link FAR_OVER_RATIO} are no hiccup: step down at once. */
export const FAR_OVER_FRAMES = 3;
const FAR_OVER_RATIO = 2;
/** A step up must be expected to take at most this share of the budget. Between it and the whole budget nothing changes. */
export const STEP_UP_SHARE = 0.8;
/** Frames before a step up: to a quality that was never tried, so that a stream soon looks its best, and to any other. */
export const FIRST_CLIMB_FRAMES = 3;
export const CLIMB_FRAMES = 30;

/** Qualities, lowest first. */
type Ladder = readonly [Quality, ...Quality[]];

/**
 * Decides the quality of a stream's next frame: the best one, up to the chosen one, whose frames fit the time budget.
 *
 * It starts at the best filter that is predicted to fit, and climbs: to the best quality whose time is known and fits, else to the next
 * one that was never tried. So no frame waits for a model, and a machine that is far too slow for the largest network finds out with the
 * smallest. What is better on paper may be cheaper too, such as a network beside a filter on a processor: then the worse one is passed over.
 *
 * The lowest quality is `bicubic`, which shows more than a browser's own enlarging, or for detail, the lowest that adds any to its base. Where
 * nothing takes less than {@link passthroughAboveMs}, frames are better left as they are: they come soft, but at the full rate.
 */
export class QualityGovernor {
  readonly #now: () => number;
  readonly #records: QualityRecords;
  readonly #lowest: Quality;
  #ceiling: Quality;
  #quality: Quality;
  #isPassthrough = false;
  #sinceMs: number;
  /** Times of the newest frames in this quality, oldest first; null for a skipped frame. */
  #frames: (number | null)[] = [];
  /** The newest {@link FAR_OVER_FRAMES} times, whatever was skipped between them. */
  #newestMs: number[] = [];
  /** Frames measured in the current quality and size. */
  #measuredFrames = 0;
  /** Time that upscaling one frame may take, ms. */
  budgetMs: number = SOURCE_SHARE * LONGEST_INTERVAL_MS;
  /** Time for one frame, ms, above which frames are passed through as they are. Infinite where nobody else would show the frame. */
  passthroughAboveMs: number = Number.POSITIVE_INFINITY;

  /** @param lowest - of the qualities that are worth it. */
  constructor(
    ceiling: Quality,
    now: () => number,
    { predictMs = () => null, lowest = 'bicubic' }: { predictMs?: PredictMs; lowest?: Quality } = {},
  ) {
    this.#now = now;
    this.#records = new QualityRecords(now, predictMs);
    this.#lowest = lowest;
    this.#ceiling = ceiling;
    this.#sinceMs = now();
    this.#quality = this.#first();
  }

  /** Quality of the next frame. */
  get quality(): Quality {
    return this.#quality;
  }

  /** Whether frames are better left as they are, because {@link quality} takes too long, as does whatever is cheaper. */
  get isPassthrough(): boolean {
    return this.#isPassthrough;
  }

  get ceiling(): Quality {
    return this.#ceiling;
  }

  /** The chosen quality, which is the best one used. */
  set ceiling(ceiling: Quality) {
    if (ceiling === this.#ceiling) return;
    this.#ceiling = ceiling;
    const isKept = isNetwork(ceiling) && this.#ladderTo(ceiling).includes(this.#quality);
    if (isKept) return;
    this.#isPassthrough = false;
    this.#switchTo(isNetwork(ceiling) && isNetwork(this.#quality) ? ceiling : this.#first(), 'chosen');
  }

  /** Identifies the size of the following frames: times depend on it. */
  set size(size: string) {
    if (size === this.#records.size) return;
    const isFirst = this.#records.size === '';
    this.#records.size = size;
    const isHopeless = this.#records.expectedMs(this.#quality) > FAR_OVER_RATIO * this.budgetMs;
    if (isFirst || isHopeless) this.#quality = this.#first();
    this.#isPassthrough = this.#records.expectedMs(this.#quality) > this.passthroughAboveMs;
    this.#restart();
  }

  /** Why the quality is below the chosen one; null when it is not. */
  get downgradeReason(): LoweredCause | null {
    if (this.#isPassthrough) return 'too-slow';
    if (this.#quality === this.#ceiling) return null;
    const next = this.#nextBetter();
    if (next === null) return 'not-available';
    const isTooSlow = this.#records.wasTooSlow(next) || !this.mayFit(next);
    return isTooSlow ? 'too-slow' : 'getting-ready';
  }

  /** Quality that should be warmed up now; null: none. */
  get wanted(): Quality | null {
    const next = this.#isPassthrough ? this.#nextWorthIt() : this.#nextBetter();
    if (next === null || !this.#records.isDue(next)) return null;
    const enough = this.#records.isTried(next) ? CLIMB_FRAMES : FIRST_CLIMB_FRAMES;
    return this.#measuredFrames >= enough && this.mayFit(next) ? next : null;
  }

  /** Whether the quality is expected to fit the budget, or where none does, to be worth it. */
  mayFit(quality: Quality): boolean {
    if (this.#isPassthrough) return this.#records.expectedMs(quality) <= STEP_UP_SHARE * this.passthroughAboveMs;
    const presentMs = median(this.#tookMs());
    // What took longer than the present one when it was tried still does, whatever load there was.
    const isLonger = !this.#records.isKnown(quality) || (this.#records.lastMs(quality) ?? 0) > presentMs;
    const overrunMs = this.#records.requiresHeadroom(quality) ? this.#records.overrunMs(this.#shown) : 0;
    const expectedMs = Math.max(this.#records.expectedMs(quality), isLonger ? presentMs : 0, overrunMs);
    return expectedMs <= STEP_UP_SHARE * this.budgetMs;
  }

  /** A frame was upscaled in `quality`; the time includes waiting in the engine for frames of other streams. */
  measured(tookMs: number): void {
    this.#remember(tookMs);
    this.#measuredFrames++;
    this.#newestMs = [...this.#newestMs, tookMs].slice(-FAR_OVER_FRAMES);
    const took = this.#tookMs();
    const medianMs = median(took);
    const isFarOver = this.#atLeastMs > FAR_OVER_RATIO * this.budgetMs;
    const isOver = took.length >= MIN_WINDOW_FRAMES && medianMs > this.budgetMs;
    this.#records.learned(this.#quality, isFarOver ? this.#atLeastMs : medianMs);
    if (took.length >= MIN_WINDOW_FRAMES) this.#records.showed(this.#shown);
    if (isOver || isFarOver) this.#stepDown();
  }

  /** A frame was left as it is. */
  passedThrough(): void {
    this.#measuredFrames++;
  }

  /** A frame was dropped because the engine was busy. */
  onFrameSkipped(): void {
    if (this.#isPassthrough) return;
    this.#remember(null);
    const skipped = this.#frames.length - this.#tookMs().length;
    if (skipped >= MIN_WINDOW_FRAMES) this.#stepDown();
  }

  /**
   * Switches to a quality that is warmed up and takes `tookMs` for a frame, beside the frames shown, unless it is far too slow; `ultra` must leave room
   * besides. Returns whether it switched.
   */
  adoptIfFits(quality: Quality, tookMs: number): boolean {
    this.#records.learned(quality, tookMs);
    const ladder = this.#ladder;
    const isUseful = this.#isPassthrough
      ? ladder.includes(quality)
      : ladder.indexOf(quality) > ladder.indexOf(this.#quality);
    if (!isUseful) return false;
    const requiresHeadroom = this.#records.requiresHeadroom(quality);
    const share = requiresHeadroom ? STEP_UP_SHARE : FAR_OVER_RATIO;
    if (tookMs > (this.#isPassthrough ? this.passthroughAboveMs : share * this.budgetMs)) {
      this.#records.tooSlow(quality, 0);
      if (requiresHeadroom) this.#records.overran(tookMs, this.#shown);
      return false;
    }
    this.#records.worked(quality);
    this.#isPassthrough = false;
    this.#switchTo(quality, 'fits');
    return true;
  }

  /** A network could not be loaded, or failed at a frame. */
  failed(quality: Quality): void {
    const waitMs = this.#records.failed(quality);
    log.warn('failed', { quality, waitMs });
    if (quality === this.#quality) this.#switchTo(this.#nextLower() ?? this.#ladder[0], 'failed');
  }

  /** The best filter that is predicted to fit; where nothing is known, `spatial`. */
  #first(): Quality {
    const ladder = this.#ladder;
    const fits = (quality: Quality) => this.#records.expectedMs(quality) <= STEP_UP_SHARE * this.budgetMs;
    return ladder.filter((quality) => !isNetwork(quality) && fits(quality)).at(-1) ?? ladder[0];
  }

  /** The quality to climb to: the best of those that are known to fit, else the next one, unless that is failing; null at the top. */
  #nextBetter(): Quality | null {
    const ladder = this.#ladder;
    const above = ladder
      .slice(ladder.indexOf(this.#quality) + 1)
      .filter((quality) => !this.#records.isFailing(quality));
    let best: Quality | null = null;
    for (const quality of above) {
      if (!this.#records.isKnown(quality)) return best ?? quality;
      if (this.mayFit(quality) && this.#records.isDue(quality)) best = quality;
      // The next network is larger.
      else if (isNetwork(quality)) break;
    }
    return best ?? above[0] ?? null;
  }

  /** The quality with which to upscale frames again: the best that is known to be worth it, for a network may be cheaper than the filter below it; else the present one. */
  #nextWorthIt(): Quality {
    const isWorthIt = (quality: Quality) =>
      this.#records.isKnown(quality) &&
      this.#records.isDue(quality) &&
      !this.#records.isFailing(quality) &&
      this.mayFit(quality);
    return this.#ladder.filter(isWorthIt).at(-1) ?? this.#quality;
  }

  /** The best lower quality that is expected to fit, else the lowest that takes less time; null where none does. */
  #nextLower(): Quality | null {
    const ladder = this.#ladder;
    const tookMs = median(this.#newestMs) || Number.POSITIVE_INFINITY;
    const expectedMs = (quality: Quality) => this.#records.underLoadMs(quality, { quality: this.#quality, tookMs });
    const cheaper = ladder
      .slice(0, Math.max(0, ladder.indexOf(this.#quality)))
      .filter((quality) => !this.#records.isFailing(quality) && expectedMs(quality) < tookMs);
    return cheaper.filter((quality) => expectedMs(quality) <= this.budgetMs).at(-1) ?? cheaper[0] ?? null;
  }

  #stepDown(): void {
    const quality = this.#quality;
    const below = this.#nextLower();
    if (below !== null) {
      this.#records.tooSlow(quality, this.#now() - this.#sinceMs);
      this.#switchTo(below, 'too-slow');
      return;
    }
    const tookMs = this.#atLeastMs;
    if (tookMs <= this.passthroughAboveMs) return;
    this.#records.tooSlow(quality, this.#now() - this.#sinceMs);
    log.info('passes frames through', { quality, tookMs, passthroughAboveMs: this.passthroughAboveMs });
    this.#isPassthrough = true;
    this.#restart();
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
    this.#newestMs = [];
    this.#measuredFrames = 0;
  }

  #remember(tookMs: number | null): void {
    this.#frames.push(tookMs);
    if (this.#frames.length > WINDOW_FRAMES) this.#frames.shift();
  }

  /** What each of the newest frames took, ms; 0 before there are enough. */
  get #atLeastMs(): number {
    return this.#newestMs.length < FAR_OVER_FRAMES ? 0 : Math.min(...this.#newestMs);
  }

  get #shown(): Shown {
    return { quality: this.#quality, tookMs: median(this.#tookMs()) };
  }

  /** Times of the frames that were not skipped, oldest first. */
  #tookMs(): number[] {
    return this.#frames.filter((tookMs) => tookMs !== null);
  }

  get #ladder(): Ladder {
    return this.#ladderTo(this.#ceiling);
  }

  /** Qualities that may be used when `ceiling` is chosen. */
  #ladderTo(ceiling: Quality): Ladder {
    const [lowest = ceiling, ...better] = QUALITIES.slice(
      QUALITIES.indexOf(this.#lowest),
      QUALITIES.indexOf(ceiling) + 1,
    );
    return [lowest, ...better];
  }
}
