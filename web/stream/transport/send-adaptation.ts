import { canBecome, type StreamSize, shrunk } from '../frame-size.ts';
import { STREAM } from '../tuning.ts';

/** What the legs carry, kb/s, and the time between two of the source's frames. */
export interface LegRates {
  upKbps: number;
  /** Null before the volunteer told. */
  downKbps: number | null;
  sourceMs: number;
}

interface Step {
  every: number;
  shrink: number;
}

/** By how much the send size is divided, at most. */
const SHRINKS = [1, 1.5, 2] as const;
/** A count of frames that is this little above a whole one is no reason for another step: a source's pace scatters. */
const SCATTER = 0.1;
/** A frame may come this part of its interval early. */
const EARLY_PART = 0.25;

/**
 * What a volunteer is sent where its legs do not carry all of a source's frames at a quality worth looking at: first every second
 * or third frame only, evenly, and last smaller ones, which the volunteer enlarges by more. Worse at once, better only when that
 * has been affordable for a while. What it is not sent is not filled in from here: a picture of this machine's own is newer than
 * those still under way, and would make each of them late.
 */
export class SendAdaptation {
  readonly #full: StreamSize;
  readonly #shrinks: readonly number[];
  #step: Step = { every: 1, shrink: 1 };
  #sourceMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** Since when more frames could be sent. Null: not now. */
  #moreSinceMs: number | null = null;
  /** Since when another size is called for. */
  #sizeSinceMs: number | null = null;

  constructor(full: StreamSize) {
    this.#full = full;
    this.#shrinks = SHRINKS.filter((by) => canBecome(shrunk(full, by), full));
  }

  /** As sent. */
  get size(): { width: number; height: number } {
    return shrunk(this.#full, this.#step.shrink);
  }

  /** Between two frames for this volunteer, ms; 0 while it may have all of them. */
  get intervalMs(): number {
    return this.#step.every === 1 ? 0 : this.#step.every * this.#sourceMs;
  }

  /** Is this the volunteer's turn, or is the frame to be left out? */
  isDue(nowMs: number): boolean {
    return nowMs - this.#lastSentMs >= this.intervalMs - EARLY_PART * this.#sourceMs;
  }

  sent(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  follow(rates: LegRates, nowMs: number): void {
    this.#sourceMs = rates.sourceMs;
    const needed = this.#affordable(rates, 1);
    const spared = this.#affordable(rates, STREAM.betterMargin);
    this.#followSize(needed.shrink, spared.shrink, nowMs);
    if (needed.every > this.#step.every) {
      this.#step.every = needed.every;
      this.#moreSinceMs = null;
    } else this.#followMore(spared.every < this.#step.every, nowMs);
  }

  #followMore(isSpared: boolean, nowMs: number): void {
    this.#moreSinceMs = isSpared ? (this.#moreSinceMs ?? nowMs) : null;
    if (this.#moreSinceMs === null || nowMs - this.#moreSinceMs < STREAM.moreFramesAfterMs) return;
    this.#step.every--;
    this.#moreSinceMs = null;
  }

  #followSize(needed: number, spared: number, nowMs: number): void {
    const { shrink } = this.#step;
    const isTooLarge = needed > shrink;
    if (!isTooLarge && spared >= shrink) {
      this.#sizeSinceMs = null;
      return;
    }
    this.#sizeSinceMs ??= nowMs;
    if (nowMs - this.#sizeSinceMs < (isTooLarge ? STREAM.smallerAfterMs : STREAM.largerAfterMs)) return;
    this.#step.shrink = isTooLarge ? needed : spared;
    this.#sizeSinceMs = null;
  }

  /** @param margin - how many times over it must be there. */
  #affordable({ upKbps, downKbps, sourceMs }: LegRates, margin: number): Step {
    const sourcePerS = 1000 / sourceMs;
    const mostEvery = Math.max(1, Math.floor(sourcePerS / STREAM.leastSentFps + SCATTER));
    const perS = (kbps: number, width: number, height: number) =>
      (1000 * kbps) / (margin * STREAM.leastBitsPerPixel * width * height);
    const upPerS = (by: number) => perS(upKbps, this.#full.width / by, this.#full.height / by);
    const downPerS = perS(downKbps ?? Number.POSITIVE_INFINITY, this.#full.outWidth, this.#full.outHeight);
    const shrink = this.#shrinks.find((by) => upPerS(by) * mostEvery >= sourcePerS) ?? this.#shrinks.at(-1) ?? 1;
    const every = Math.ceil(sourcePerS / Math.min(upPerS(this.#step.shrink), downPerS) - SCATTER);
    return { every: Math.min(Math.max(1, every), mostEvery), shrink };
  }
}
