/** Bytes of socket.io's stream in Redis: some seconds' worth of all that one leader can send. */
export const MAX_STREAM_BYTES = 16 * 1024 * 1024;
/** What Redis and socket.io's adapter add to each entry, bytes. */
const ENTRY_OVERHEAD_BYTES = 300;

interface Batch {
  entries: number;
  sizeBytes: number;
}

/**
 * Keeps socket.io's stream within a number of bytes. Its adapter bounds the entries only, and an entry may be a hundred times larger
 * than most are: a page chooses the length of its offers. Only the leader writes what pages can make large.
 */
export class StreamBudget {
  #batches: Batch[] = [];
  #sizeBytes = 0;

  constructor(private readonly maxBytes = MAX_STREAM_BYTES) {}

  /**
   * Counts entries that were added together.
   * @returns how many of the newest entries the stream is to be cut to; null while it is short enough
   */
  added(entries: number, sizeBytes: number): number | null {
    const batch = { entries, sizeBytes: sizeBytes + entries * ENTRY_OVERHEAD_BYTES };
    this.#batches.push(batch);
    this.#sizeBytes += batch.sizeBytes;
    if (this.#sizeBytes <= this.maxBytes) return null;
    // To the half, so that not every entry needs a cut.
    let first = this.#batches.length - 1;
    let kept = batch.sizeBytes;
    while (first > 0) {
      const next = this.#batches[first - 1]?.sizeBytes ?? 0;
      if (kept + next > this.maxBytes / 2) break;
      kept += next;
      first--;
    }
    this.#batches = this.#batches.slice(first);
    this.#sizeBytes = kept;
    return this.#batches.reduce((sum, { entries: count }) => sum + count, 0);
  }
}
