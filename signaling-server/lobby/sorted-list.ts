/** Twice as many are cut in two: moving so many costs less than finding where. */
const CHUNK = 256;

/**
 * Items in order while they come and go, hundreds of thousands of them: a change costs the length of one chunk. What an item is
 * ordered by must not change while it is in here, and no two may be equal.
 */
export class SortedList<T> {
  readonly #chunks: T[][] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  add(item: T): void {
    const index = Math.min(this.#chunkOf(item), this.#chunks.length - 1);
    const chunk = this.#chunks[index];
    if (!chunk) {
      this.#chunks.push([item]);
      return;
    }
    chunk.splice(this.#placeIn(chunk, item), 0, item);
    if (chunk.length >= 2 * CHUNK) this.#chunks.splice(index + 1, 0, chunk.splice(CHUNK));
  }

  delete(item: T): void {
    const index = this.#chunkOf(item);
    const chunk = this.#chunks[index];
    const place = chunk ? this.#placeIn(chunk, item) : 0;
    if (!chunk || chunk[place] !== item) return;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first of those that are wanted; without the objects that a generator makes for each step, since choices look often. */
  first(isWanted: (item: T) => boolean): T | undefined {
    for (const chunk of this.#chunks) for (const item of chunk) if (isWanted(item)) return item;
    return undefined;
  }

  /** The first chunk whose last item does not come before this one. */
  #chunkOf(item: T): number {
    const chunks = this.#chunks;
    let [low, high] = [0, chunks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunks[middle] as T[];
      if (this.compare(chunk[chunk.length - 1] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeIn(chunk: readonly T[], item: T): number {
    let [low, high] = [0, chunk.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
