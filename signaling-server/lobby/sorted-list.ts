/** A chunk of twice this length is split in two. Moving so few items takes less time than finding the place of one. */
const CHUNK_ITEMS = 256;

/**
 * A sorted list for hundreds of thousands of items that come and go: adding or deleting an item moves the items of one chunk only. The sort
 * key of an item must not change while the item is in the list, and no two items may compare as equal.
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
    chunk.splice(this.#indexIn(chunk, item), 0, item);
    if (chunk.length >= 2 * CHUNK_ITEMS) this.#chunks.splice(index + 1, 0, chunk.splice(CHUNK_ITEMS));
  }

  delete(item: T): void {
    const index = this.#chunkOf(item);
    const chunk = this.#chunks[index];
    const position = chunk ? this.#indexIn(chunk, item) : 0;
    if (!chunk || chunk[position] !== item) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first item that matches. Avoids the object that an iterator makes per step, since matchmaking calls this often. */
  first(matches: (item: T) => boolean): T | undefined {
    for (const chunk of this.#chunks) for (const item of chunk) if (matches(item)) return item;
    return undefined;
  }

  /** Index of the first chunk whose last item does not come before this one. */
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

  #indexIn(chunk: readonly T[], item: T): number {
    let [low, high] = [0, chunk.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(chunk[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
