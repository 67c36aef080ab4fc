import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { type InputKind, inputKindOf } from './input-kind.ts';

/** The kind of a sequence of pictures: it changes when two looks in a row say so, for each change of weights can be seen. */
export class InputKindMemory {
  #kind: InputKind | null = null;
  #wasOther = false;

  /** Null before the first look. */
  get kind(): InputKind | null {
    return this.#kind;
  }

  look(image: PixelImage): InputKind {
    const seen = inputKindOf(image);
    const isOther = this.#kind !== null && seen !== this.#kind;
    if (this.#kind === null || (isOther && this.#wasOther)) this.#kind = seen;
    this.#wasOther = seen !== this.#kind;
    return this.#kind;
  }
}
