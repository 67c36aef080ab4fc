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

  /** The first chunk whose last item does not come before this one. */
  #chunkOf(item: T): number {
    return firstNotBefore(this.#chunks, (chunk) => this.compare(chunk.at(-1) as T, item));
  }

  #placeIn(chunk: readonly T[], item: T): number {
    return firstNotBefore(chunk, (other) => this.compare(other, item));
  }
}

/** Index of the first entry for which `compare` is not below 0, of entries in that order. */
function firstNotBefore<E>(entries: readonly E[], compare: (entry: E) => number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(entries[middle] as E) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
