import type { LoweredCause } from '../../../shared/messages.ts';
import { isNetwork, NETWORKS, type Quality } from '../../../shared/tasks/upscale.ts';
import { percentile } from '../rolling-statistics.ts';
import { GOVERNOR } from '../tuning.ts';
import { QualityTimes } from './quality-times.ts';

/** What became of the tries of one quality. */
interface Rung {
  /** Too slow: not tried before, and how long that was. */
  slowUntilMs: number;
  slowWaitMs: number;
  /** It failed: passed over until then. */
  failedUntilMs: number;
  failedWaitMs: number;
}

/**
 * Decides which quality a stream's next frame is made with: the best of those up to the chosen one that is made within the budget.
 *
 * It begins at `spatial` and climbs, one network after the other, so that no frame waits for a model, and a machine that is far too slow
 * for the largest finds out at the smallest. It goes no further down than `spatial`: `bilinear` is what a browser makes of the source
 * without us. A filter that was chosen is kept, whatever it takes.
 */
export class QualityGovernor {
  readonly #now: () => number;
  readonly #times: QualityTimes;
  readonly #rungs = new Map<Quality, Rung>();
  #ceiling: Quality;
  #quality: Quality;
  #sinceMs: number;
  #size = '';
  /** Of the newest frames of this quality, oldest first; null: it was skipped. */
  #frames: (number | null)[] = [];
  /** Measured since it is this quality and size. */
  #measured = 0;
  /** What one frame may take, ms. */
  budgetMs: number = GOVERNOR.share * GOVERNOR.longestIntervalMs;

  constructor(ceiling: Quality, now: () => number) {
    this.#now = now;
    this.#times = new QualityTimes(now);
    this.#ceiling = ceiling;
    this.#quality = ladderTo(ceiling)[0];
    this.#sinceMs = now();
  }

  /** To make the next frame with. */
  get quality(): Quality {
    return this.#quality;
  }

  get ceiling(): Quality {
    return this.#ceiling;
  }

  /** What the user chose. */
  set ceiling(ceiling: Quality) {
    if (ceiling === this.#ceiling) return;
    this.#ceiling = ceiling;
    const ladder = ladderTo(ceiling);
    if (isNetwork(ceiling) && ladder.includes(this.#quality)) return;
    this.#become(isNetwork(ceiling) && isNetwork(this.#quality) ? ceiling : ladder[0]);
  }

  /** Of the frames to come. Another size takes another time. */
  set size(size: string) {
    if (size === this.#size) return;
    this.#size = size;
    for (const rung of this.#rungs.values()) rung.slowWaitMs = rung.slowUntilMs = 0;
    this.#restart();
  }

  /** Why frames are not made in the chosen quality; null when they are. */
  get lowered(): LoweredCause | null {
    if (this.#quality === this.#ceiling) return null;
    const next = this.#nextRung();
    if (next === null) return 'not-available';
    const wasTooSlow = this.#rung(next).slowWaitMs > 0 || !this.#mayFit(next);
    return wasTooSlow ? 'too-slow' : 'getting-ready';
  }

  /** What should be got ready now, to be shown next; null: nothing. */
  get wanted(): Quality | null {
    const next = this.#nextRung();
    if (next === null || this.#now() < this.#rung(next).slowUntilMs) return null;
    const isNew = !this.#times.isKnown(next, this.#size);
    const enough = isNew ? GOVERNOR.firstClimbFrames : GOVERNOR.climbFrames;
    return this.#measured >= enough && this.#mayFit(next) ? next : null;
  }

  /** A frame was made with `quality`, in this time from when the engine had it: what it waited there for others' is part of it. */
  measured(tookMs: number): void {
    this.#note(tookMs);
    this.#measured++;
    const took = this.#tookMs();
    const medianMs = medianOf(took);
    const last = took.slice(-GOVERNOR.farOverFrames);
    const lastMs = last.length < GOVERNOR.farOverFrames ? 0 : Math.min(...last);
    const isFarOver = lastMs > GOVERNOR.farOverRatio * this.budgetMs;
    const isOver = took.length >= GOVERNOR.judgeFrames && medianMs > this.budgetMs;
    this.#times.learned(this.#quality, this.#size, isFarOver ? lastMs : medianMs);
    if (isOver || isFarOver) this.#stepDown();
  }

  /** A frame gave way to newer ones, since the engine was busy. */
  skipped(): void {
    this.#note(null);
    const skipped = this.#frames.length - this.#tookMs().length;
    if (skipped >= GOVERNOR.judgeFrames) this.#stepDown();
  }

  /**
   * What was wanted is ready, and this is what a frame took with it, beside those that are shown. Returns whether it is to be shown:
   * not if it was far too slow.
   */
  rehearsed(quality: Quality, tookMs: number): boolean {
    this.#times.learned(quality, this.#size, tookMs);
    if (quality !== this.#nextRung()) return false;
    if (tookMs > GOVERNOR.farOverRatio * this.budgetMs) {
      this.#tooSlow(quality, 0);
      return false;
    }
    this.#rung(quality).failedWaitMs = 0;
    this.#become(quality);
    return true;
  }

  /** A network could not be made ready, or broke off. */
  failed(quality: Quality): void {
    const rung = this.#rung(quality);
    rung.failedWaitMs = doubled(rung.failedWaitMs, GOVERNOR.firstFailedWaitMs, GOVERNOR.maxFailedWaitMs);
    rung.failedUntilMs = this.#now() + rung.failedWaitMs;
    if (quality === this.#quality) this.#become(this.#rungBelow());
  }

  /** The next better one that does not fail; null at the top. */
  #nextRung(): Quality | null {
    const ladder = ladderTo(this.#ceiling);
    const above = ladder.slice(ladder.indexOf(this.#quality) + 1);
    return above.find((quality) => !this.#isFailing(quality)) ?? null;
  }

  #rungBelow(): Quality {
    const ladder = ladderTo(this.#ceiling);
    const below = ladder.slice(0, Math.max(0, ladder.indexOf(this.#quality)));
    return below.findLast((quality) => !this.#isFailing(quality)) ?? ladder[0];
  }

  #isFailing(quality: Quality): boolean {
    return this.#now() < this.#rung(quality).failedUntilMs;
  }

  /** It takes at least what the one below it takes. */
  #mayFit(quality: Quality): boolean {
    const expectedMs = Math.max(this.#times.expectedMs(quality, this.#size), medianOf(this.#tookMs()));
    return expectedMs <= GOVERNOR.stepUpPart * this.budgetMs;
  }

  #stepDown(): void {
    const quality = this.#quality;
    const below = this.#rungBelow();
    if (below === quality) return;
    this.#tooSlow(quality, this.#now() - this.#sinceMs);
    this.#become(below);
  }

  #tooSlow(quality: Quality, heldMs: number): void {
    const rung = this.#rung(quality);
    const beforeMs = heldMs < GOVERNOR.provenMs ? rung.slowWaitMs : 0;
    rung.slowWaitMs = doubled(beforeMs, GOVERNOR.firstWaitMs, GOVERNOR.maxWaitMs);
    rung.slowUntilMs = this.#now() + rung.slowWaitMs;
  }

  #become(quality: Quality): void {
    this.#quality = quality;
    this.#restart();
  }

  #restart(): void {
    this.#sinceMs = this.#now();
    this.#frames = [];
    this.#measured = 0;
  }

  #note(tookMs: number | null): void {
    this.#frames.push(tookMs);
    if (this.#frames.length > GOVERNOR.windowFrames) this.#frames.shift();
  }

  /** Of those that were not skipped, oldest first. */
  #tookMs(): number[] {
    return this.#frames.filter((tookMs) => tookMs !== null);
  }

  #rung(quality: Quality): Rung {
    const known = this.#rungs.get(quality);
    if (known) return known;
    const rung = { slowUntilMs: 0, slowWaitMs: 0, failedUntilMs: 0, failedWaitMs: 0 };
    this.#rungs.set(quality, rung);
    return rung;
  }
}

/** What a frame may be made with where this was chosen, the least first. */
function ladderTo(ceiling: Quality): readonly [Quality, ...Quality[]] {
  if (!isNetwork(ceiling)) return [ceiling];
  return ['spatial', ...NETWORKS.slice(0, NETWORKS.indexOf(ceiling) + 1)];
}

function doubled(beforeMs: number, firstMs: number, maxMs: number): number {
  return beforeMs === 0 ? firstMs : Math.min(2 * beforeMs, maxMs);
}

/** 0 of nothing. */
function medianOf(samples: readonly number[]): number {
  return percentile(
    [...samples].sort((a, b) => a - b),
    0.5,
  );
}
