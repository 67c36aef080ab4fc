/** What was added during the last `windowMs`, at most `maxEntries` of it. */
export class SlidingWindow<Entry> {
  readonly #windowMs: number;
  readonly #maxEntries: number;
  #entries: { atMs: number; entry: Entry }[] = [];

  constructor(windowMs: number, maxEntries: number) {
    this.#windowMs = windowMs;
    this.#maxEntries = maxEntries;
  }

  add(entry: Entry, nowMs: number): void {
    this.#entries.push({ atMs: nowMs, entry });
    // Pruned in bulk, so that adding stays cheap.
    if (this.#entries.length > 2 * this.#maxEntries) this.#prune(nowMs);
  }

  /** Oldest first. */
  entries(nowMs: number): Entry[] {
    this.#prune(nowMs);
    return this.#entries.map(({ entry }) => entry);
  }

  #prune(nowMs: number): void {
    const sinceMs = nowMs - this.#windowMs;
    this.#entries = this.#entries.filter(({ atMs }) => atMs > sinceMs).slice(-this.#maxEntries);
  }
}
