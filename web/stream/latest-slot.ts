/** Holds what came last and nothing older: in live work a newer frame makes a waiting one worthless. */
export class LatestSlot<Item> {
  #item: Item | null = null;
  readonly #discard: (item: Item) => void;

  /** @param discard - takes what was replaced or never taken, to close it. */
  constructor(discard: (item: Item) => void) {
    this.#discard = discard;
  }

  put(item: Item): void {
    const replaced = this.#item;
    this.#item = item;
    if (replaced !== null) this.#discard(replaced);
  }

  take(): Item | null {
    const item = this.#item;
    this.#item = null;
    return item;
  }

  clear(): void {
    const item = this.take();
    if (item !== null) this.#discard(item);
  }
}
