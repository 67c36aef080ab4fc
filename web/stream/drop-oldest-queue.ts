/** A bounded queue for live work: when it is full, the oldest item gives way, since a newer frame is worth more. */
export class DropOldestQueue<Item> {
  readonly #capacity: number;
  readonly #discard: (item: Item) => void;
  readonly #items: Item[] = [];

  /** @param discard - takes ownership of an item that was dropped or cleared, to close it. */
  constructor(capacity: number, discard: (item: Item) => void) {
    this.#capacity = capacity;
    this.#discard = discard;
  }

  /** Takes ownership of the item. */
  put(item: Item): void {
    this.#items.push(item);
    if (this.#items.length > this.#capacity) this.#discardOldest();
  }

  /** The oldest item, which the caller now owns; null when the queue is empty. */
  take(): Item | null {
    return this.#items.shift() ?? null;
  }

  clear(): void {
    while (this.#items.length > 0) this.#discardOldest();
  }

  #discardOldest(): void {
    const oldest = this.take();
    if (oldest !== null) this.#discard(oldest);
  }
}
