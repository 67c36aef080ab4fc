import { type DetailBase, isAboveBase } from '../../../shared/detail.ts';
import { QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';

/**
 * `accepted` may be shown. `not-requested` may not, but an honest volunteer may have heard of a change earlier than this thread. `dishonest` comes from no
 * honest volunteer, which drops frames that it cannot compute better than the base.
 */
export type ClaimVerdict = 'accepted' | 'not-requested' | 'dishonest';

/** Frames that may still come in a quality that was just disallowed, since another thread tells the volunteer so, on another channel. Five seconds at 60 fps. */
export const NOTICE_FRAMES = 300;

/**
 * Judges the quality that a volunteer claims for its detail. The checks compare detail with that of the claimed quality, so a claim of less than the base
 * would make a worse picture right.
 */
export class ClaimedQuality {
  readonly #base: DetailBase;
  /** The best quality that was asked for so far: frames that were asked for before it was lowered are still on their way. */
  #ceiling: Quality;
  #notRequested = 0;

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
    this.#notRequested = -NOTICE_FRAMES;
  }

  judge(quality: Quality): ClaimVerdict {
    if (!isAboveBase(quality, this.#base)) return 'dishonest';
    if (!isBetter(quality, this.#ceiling)) return 'accepted';
    // The volunteer may have been told of a better quality before this thread was.
    this.#notRequested++;
    return this.#notRequested > MAX_FRAMES_IN_FLIGHT ? 'dishonest' : 'not-requested';
  }
}

function isBetter(quality: Quality, than: Quality): boolean {
  return QUALITIES.indexOf(quality) > QUALITIES.indexOf(than);
}
