import { LRUCache } from 'lru-cache';
import { totalBytes } from '../../shared/bytes.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import { CACHE } from '../../shared/tuning.ts';

/**
 * Results of deterministic tasks by the key of their work, least recently used first out, bounded by number and bytes. It keeps
 * copies and gives copies: callers may do with their results what they like.
 */
export class ResultCache {
  readonly #results = new LRUCache<string, PackedResult>({
    max: CACHE.maxEntries,
    maxSize: CACHE.maxBytes,
    maxEntrySize: CACHE.maxEntryBytes,
    sizeCalculation: ({ attachments }) => totalBytes(attachments) + ENTRY_BYTES,
  });

  get(key: string): PackedResult | undefined {
    const result = this.#results.get(key);
    return result && copyOf(result);
  }

  put(key: string, result: PackedResult): void {
    // Before the copy, which is what would cost.
    if (totalBytes(result.attachments) + ENTRY_BYTES <= CACHE.maxEntryBytes) this.#results.set(key, copyOf(result));
  }

  clear(): void {
    this.#results.clear();
  }
}

/** An entry without bulk is not free either. */
const ENTRY_BYTES = 512;

/** Bytes of its own; a small value that nobody changes is shared. */
export function copyOf({ value, attachments }: PackedResult): PackedResult {
  return { value, attachments: attachments.map((bytes) => bytes.slice()) };
}
