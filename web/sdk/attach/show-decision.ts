import { isNetwork } from '../../../shared/tasks/upscale.ts';
import { toWhy } from '../../stream/gamer/stream-reason.ts';
import type { StreamStats } from '../frame-stream.ts';

/** Default of the largest delay of the picture, ms: beyond it, a game is felt to lag. */
export const DEFAULT_MAX_DELAY_MS = 100;

/** Gain over the browser's stretch, dB of luma PSNR at twice the size: the lower of the two games of `bench -- glass` (docs/streams.md). */
const GAIN_DB = { enlarged: 1, filter: 1.5, network: 2.8 };
/** Less than this is not seen; the lower value keeps a picture that is shown from coming and going. */
const MIN_GAIN_DB = { toShow: 0.5, toStay: 0.3 };
/** Least part that is shown of the source's frames, less those that `maxFps` leaves out. */
const MIN_RATE = { toShow: 0.75, toStay: 0.6 };
/** The delay must fall to this part of the limit before the picture comes back. */
const DELAY_TO_SHOW = 0.8;

/** Window over which frame rates are measured, ms. */
const RATE_WINDOW_MS = 1_500;
/** A picture that stands still for so long while its source moves is hidden at once, ms. */
const STALL_MS = 500;
/** How long the picture must be better before it is shown, ms. */
const PROOF_MS = 750;
/** Least time hidden after it was found worse, ms; doubled each time up to the maximum, halved by a minute in which it stayed. */
const FIRST_REST_MS = 1_500;
const MAX_REST_MS = 30_000;
const STEADY_MS = 60_000;

/** Whether the sharpened picture is shown, and why not; a sentence for a person. */
export interface Shown {
  is: boolean;
  why: string;
}

export type DecisiveStats = Pick<
  StreamStats,
  | 'framesCaptured'
  | 'framesDropped'
  | 'framesPresented'
  | 'glassToGlassMs'
  | 'gainDb'
  | 'shares'
  | 'localShare'
  | 'quality'
  | 'reasons'
>;

export interface Reading {
  nowMs: number;
  /** Why the picture cannot be shown at all; empty if it can. */
  obstacle: string;
  /** Device pixels of the screen for each pixel of the source, on the axis that has more. */
  enlargement: number;
  stats: DecisiveStats;
}

/** Decides whether the sharpened picture is better than the element's own, with hysteresis. */
export class ShowDecision {
  readonly #maxDelayMs: number;
  readonly #counts: { atMs: number; captured: number; presented: number }[] = [];
  #shown: Shown = { is: false, why: 'The sharpened picture is on its way.' };
  #betterSinceMs: number | null = null;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #restMs = FIRST_REST_MS;
  #shownSinceMs = 0;

  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs;
  }

  get shown(): Shown {
    return this.#shown;
  }

  /** It is not shown, whatever was read before. */
  withdraw(why: string): void {
    this.#shown = { is: false, why };
  }

  update(reading: Reading): Shown {
    const { nowMs, obstacle } = reading;
    this.#count(reading);
    const worse = obstacle || this.#whyWorse(reading);
    if (worse) this.#hide(nowMs, worse, obstacle !== '');
    else this.#show(nowMs);
    return this.#shown;
  }

  #hide(nowMs: number, why: string, isObstacle: boolean): void {
    // What hides it from outside says nothing about the stream.
    if (this.#shown.is && !isObstacle) {
      if (nowMs - this.#shownSinceMs > STEADY_MS) this.#restMs = FIRST_REST_MS;
      this.#restUntilMs = nowMs + this.#restMs;
      this.#restMs = Math.min(2 * this.#restMs, MAX_REST_MS);
    }
    this.#betterSinceMs = null;
    this.#shown = { is: false, why };
  }

  #show(nowMs: number): void {
    if (this.#shown.is) return;
    this.#betterSinceMs ??= nowMs;
    if (nowMs - this.#betterSinceMs < PROOF_MS || nowMs < this.#restUntilMs) return;
    this.#shownSinceMs = nowMs;
    this.#shown = { is: true, why: 'The sharpened picture is shown.' };
  }

  #count({ nowMs, stats }: Reading): void {
    const counts = this.#counts;
    // A `maxFps` below the source's rate is what the page asked for.
    const captured = stats.framesCaptured - (stats.framesDropped['fps-cap'] ?? 0);
    counts.push({ atMs: nowMs, captured, presented: stats.framesPresented });
    // The oldest one kept is at least as old as the window.
    while (counts[1] && nowMs - counts[1].atMs >= RATE_WINDOW_MS) counts.shift();
  }

  /** Why the picture is worse than the element's own; empty if it is not. */
  #whyWorse({ nowMs, enlargement, stats }: Reading): string {
    const limits = this.#shown.is ? 'toStay' : 'toShow';
    if (stats.framesPresented === 0) return 'The sharpened picture is on its way.';
    const { captured, presented } = this.#since(nowMs - STALL_MS);
    if (captured > 2 && presented === 0) return 'The sharpened picture stands still.';
    const recent = this.#since(nowMs - RATE_WINDOW_MS);
    if (recent.captured > 2 && recent.presented < MIN_RATE[limits] * recent.captured) {
      return 'The sharpened picture has too few frames a second.';
    }
    const maxDelayMs = this.#maxDelayMs * (this.#shown.is ? 1 : DELAY_TO_SHOW);
    // A picture that stands still is not late.
    if (recent.captured > 2 && stats.glassToGlassMs.p50 > maxDelayMs) {
      return `The sharpened picture comes ${Math.round(stats.glassToGlassMs.p50)} ms late.`;
    }
    if (enlargement <= 1.05) {
      return 'The picture is shown at its own size, so there is nothing to sharpen. Have the game drawn smaller (renderScale).';
    }
    if (estimatedGainDb(stats, enlargement) >= MIN_GAIN_DB[limits]) return '';
    if (estimatedGainDb(stats, 2) < MIN_GAIN_DB[limits]) return whyUnsharpened(stats);
    return 'The picture is shown hardly larger than it is drawn, so there is little to sharpen. Have the game drawn smaller (renderScale).';
  }

  /** Frames since a time, or since the reading after it. */
  #since(atMs: number): { captured: number; presented: number } {
    const first = this.#counts.filter((count) => count.atMs <= atMs).at(-1) ?? this.#counts[0];
    const last = this.#counts.at(-1);
    if (!first || !last) return { captured: 0, presented: 0 };
    return { captured: last.captured - first.captured, presented: last.presented - first.presented };
  }
}

function whyUnsharpened({ reasons }: DecisiveStats): string {
  const isHelped = reasons.some(({ kind }) => kind === 'helping' || kind === 'adds');
  return isHelped
    ? 'Nobody sharpens the picture at the moment: what volunteers make of it comes too late, or is lost on the way.'
    : `Nobody sharpens the picture at the moment. ${toWhy(reasons)}`.trimEnd();
}

/**
 * What the picture on the screen is estimated to gain over the browser's stretch of the source, dB of luma PSNR.
 *
 * @param enlargement - a source that is enlarged less has less to gain; measured was 2
 */
export function estimatedGainDb({ quality, gainDb, shares, localShare }: DecisiveStats, enlargement: number): number {
  const helped = shares.reduce((sum, { share }) => sum + share, 0);
  // The quality is that of the last frame. One without detail among those with it has none, and was enlarged as well as they were.
  const isEnlarged = quality !== null || helped > 0 || localShare > 0;
  if (!isEnlarged) return 0;
  const ownGainDb = quality !== null && isNetwork(quality) ? GAIN_DB.network : GAIN_DB.filter;
  const totalDb = GAIN_DB.enlarged + (ownGainDb - GAIN_DB.enlarged) * localShare + (gainDb ?? 0) * helped;
  return totalDb * Math.min(1, Math.max(0, enlargement - 1));
}
