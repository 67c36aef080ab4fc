import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { InputKind } from '../../../shared/tasks/upscale.ts';
import { INPUT_KIND } from '../tuning.ts';
import { inputKindOf } from './input-kind.ts';

/**
 * The kind of a stream's pictures: the first is looked at, and one in {@link INPUT_KIND.framesBetweenLooks} after it. It changes when
 * two looks in a row say so, for each change of weights can be seen.
 */
export class InputKindMemory {
  #kind: InputKind | null = null;
  #wasOther = false;
  #framesToLook = 0;

  /** Null before the first look. */
  get kind(): InputKind | null {
    return this.#kind;
  }

  /** Counts a picture: is it one to look at? */
  isDue(): boolean {
    if (this.#framesToLook-- > 0) return false;
    this.#framesToLook = INPUT_KIND.framesBetweenLooks - 1;
    return true;
  }

  look(image: PixelImage): InputKind {
    const seen = inputKindOf(image);
    const isOther = this.#kind !== null && seen !== this.#kind;
    if (this.#kind === null || (isOther && this.#wasOther)) this.#kind = seen;
    this.#wasOther = seen !== this.#kind;
    return this.#kind;
  }

  /** Of the stream's next picture, which is looked at if it is due. */
  of(image: PixelImage): InputKind {
    const isDue = this.isDue();
    return isDue || this.#kind === null ? this.look(image) : this.#kind;
  }
}
