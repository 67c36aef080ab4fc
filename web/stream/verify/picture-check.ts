import { CheckStreak } from '../../../shared/reputation.ts';
import { STREAM } from '../tuning.ts';
import { likeness } from './likeness.ts';
import { type Thumbnail, Thumbnails } from './thumbnail.ts';

/** `doubtful` is not to be shown; `wrong` is one too many of them. */
export type PictureVerdict = 'right' | 'doubtful' | 'wrong';

/**
 * Whether one volunteer's pictures show what it was sent (DESIGN §4.7). They were coded twice on the way, so they are not compared by
 * their pixels but seen from afar. One doubtful picture may be a decoder's bad moment: it sends the volunteer back to where everything
 * is checked, and a second one before that is over is wrong.
 */
export class PictureCheck {
  readonly #random: () => number;
  readonly #streak = new CheckStreak();
  #thumbnails: Thumbnails | null = null;
  #isDoubted = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * What a frame shows, if its picture shall be looked at. With too few bits a source pixel nobody could tell, and none is.
   * @param bitsPerPixel - on the way there. Throws MeshError `unsupported-browser`.
   */
  before(source: VideoFrame, bitsPerPixel: number): Thumbnail | null {
    if (bitsPerPixel < STREAM.tellingBitsPerPixel || !this.#streak.isDue(this.#random)) return null;
    this.#thumbnails ??= new Thumbnails();
    return this.#thumbnails.of(source);
  }

  /** @param before - of the frame that the picture was made of. */
  after(before: Thumbnail | null, picture: VideoFrame): PictureVerdict {
    const alike = before && this.#thumbnails ? likeness(before, this.#thumbnails.of(picture)) : null;
    if (alike === null) return 'right';
    if (alike >= STREAM.leastLikeness) {
      this.#streak.right();
      this.#isDoubted &&= this.#streak.isNew;
      return 'right';
    }
    this.#streak.wrong();
    const isSecond = this.#isDoubted;
    this.#isDoubted = true;
    return isSecond ? 'wrong' : 'doubtful';
  }
}
