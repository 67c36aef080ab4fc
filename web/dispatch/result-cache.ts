import { LRUCache } from 'lru-cache';
import { totalBytes } from '../../shared/bytes.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import { CACHE } from './tuning.ts';

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
    return cached && (!onlyOurs || cached.computedBy.every((id) => id === 'local')) ? copyOf(cached.result) : undefined;
  }

  /** @param computedBy - volunteers' ids, or `local`: of all who had a part in it. */
  put(key: string, result: PackedResult, computedBy: readonly string[]): void {
    // Before the copy, which is what would cost.
    if (totalBytes(result.attachments) + ENTRY_BYTES > CACHE.maxEntryBytes) return;
    this.#results.set(key, { result: copyOf(result), computedBy });
  }

  /** All that a volunteer had a part in: it cannot be believed any more. */
  forgetFrom(volunteerId: string): void {
    for (const [key, { computedBy }] of [...this.#results.entries()])
      if (computedBy.includes(volunteerId)) this.#results.delete(key);
  }

  clear(): void {
    this.#results.clear();
  }
}

interface Cached {
  result: PackedResult;
  computedBy: readonly string[];
}

/** An entry without bulk is not free either. */
const ENTRY_BYTES = 512;

/** Bytes of its own; a small value that nobody changes is shared. */
export function copyOf({ value, attachments }: PackedResult): PackedResult {
  return { value, attachments: attachments.map((bytes) => bytes.slice()) };
}
