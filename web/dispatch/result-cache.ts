import { LRUCache } from 'lru-cache';
import { totalBytes } from '../../shared/bytes.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import { CACHE } from '../../shared/tuning.ts';

/**
 * Results of deterministic tasks by the key of their work, least recently used first out, bounded by number and bytes. It keeps
 * copies and gives copies: callers may do with their results what they like.
 */
export class ResultCache {
  readonly #results = new LRUCache<string, Cached>({
    max: CACHE.maxEntries,
    maxSize: CACHE.maxBytes,
    maxEntrySize: CACHE.maxEntryBytes,
    sizeCalculation: ({ result }) => totalBytes(result.attachments) + ENTRY_BYTES,
  });

  /** @param onlyOurs - what a volunteer computed does not count. */
  get(key: string, onlyOurs: boolean): PackedResult | undefined {
    const cached = this.#results.get(key);
    return cached && (cached.ranOn === 'local' || !onlyOurs) ? copyOf(cached.result) : undefined;
  }

  /** @param ranOn - a volunteer's id, or `local`. */
  put(key: string, result: PackedResult, ranOn: string): void {
    // Before the copy, which is what would cost.
    if (totalBytes(result.attachments) + ENTRY_BYTES > CACHE.maxEntryBytes) return;
    this.#results.set(key, { result: copyOf(result), ranOn });
  }

  /** All that a volunteer computed: it cannot be believed any more. */
  forgetFrom(volunteerId: string): void {
    for (const [key, { ranOn }] of [...this.#results.entries()]) if (ranOn === volunteerId) this.#results.delete(key);
  }

  clear(): void {
    this.#results.clear();
  }
}

interface Cached {
  result: PackedResult;
  ranOn: string;
}

/** An entry without bulk is not free either. */
const ENTRY_BYTES = 512;

/** Bytes of its own; a small value that nobody changes is shared. */
export function copyOf({ value, attachments }: PackedResult): PackedResult {
  return { value, attachments: attachments.map((bytes) => bytes.slice()) };
}
