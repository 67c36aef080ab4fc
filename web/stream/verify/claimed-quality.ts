import { type DetailBase, isAboveBase } from '../../../shared/detail.ts';
import { QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';

/**
 * What a claim is worth: `right` may be shown, `unasked` may not, but may be a matter of time, `false` comes from no honest volunteer: it drops frames that it cannot
 * compute better than the base.
 */
export type ClaimWorth = 'right' | 'unasked' | 'false';

/** Frames that a volunteer may answer in a quality that was forbidden it: another thread has yet to tell it so, on another channel. Five seconds at 60 fps. */
export const NOTICE_FRAMES = 300;

/**
 * Judges the quality that a volunteer claims for its detail. The checks compare detail with that of the claimed quality, so a claim of less than the base
 * would make a worse picture right.
 */
export class ClaimedQuality {
  readonly #base: DetailBase;
  /** The best quality that was asked for so far: frames that were asked for before it was lowered are still on their way. */
  #ceiling: Quality;
  #unasked = 0;

  constructor(base: DetailBase, ceiling: Quality) {
    this.#base = base;
    this.#ceiling = ceiling;
  }

  /** The volunteer is asked for this quality from now on. */
  allow(quality: Quality): void {
    if (isBetter(quality, this.#ceiling)) this.#ceiling = quality;
  }

  /** Nothing better than this may be asked for any more. Unlike a ceiling that was lowered it holds for frames on their way. */
  limit(quality: Quality): void {
    if (!isBetter(this.#ceiling, quality)) return;
    this.#ceiling = quality;
    this.#unasked = -NOTICE_FRAMES;
  }

  judge(quality: Quality): ClaimWorth {
    if (!isAboveBase(quality, this.#base)) return 'false';
    if (!isBetter(quality, this.#ceiling)) return 'right';
    // The volunteer may have been told of a better quality before this thread was.
    this.#unasked++;
    return this.#unasked > MAX_FRAMES_IN_FLIGHT ? 'false' : 'unasked';
  }
}

function isBetter(quality: Quality, than: Quality): boolean {
  return QUALITIES.indexOf(quality) > QUALITIES.indexOf(than);
}
