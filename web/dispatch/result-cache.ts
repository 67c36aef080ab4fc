import { createSHA256, type IHasher } from 'hash-wasm';
import { LRUCache } from 'lru-cache';
import { concatBytes, totalBytes } from '../../shared/bytes.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import { retainedBytes } from './retained-bytes.ts';

/** Bounds of the result cache. */
export const RESULT_CACHE = {
  maxEntries: 1_000,
  /** About thirty 720p pictures. */
  maxBytes: 128 * 1024 * 1024,
  /** One result must not evict all others. */
  maxEntryBytes: 32 * 1024 * 1024,
  /** Up to this size hashing synchronously (4 us per kB) costs less than the asynchronous Web Crypto call. */
  syncHashBytes: 16 * 1024,
} as const;

/** What an entry takes beside its result: its key and the ids of those who computed it. */
const ENTRY_BYTES = 512;

interface CachedResult {
  result: PackedResult;
  computedBy: readonly string[];
}

/**
 * Results of deterministic tasks by {@link taskKey}: least recently used evicted first, bounded by number and bytes. Takes copies and
 * gives copies, so that callers may change their results.
 */
export class ResultCache {
  readonly #results = new LRUCache<string, CachedResult>({
    max: RESULT_CACHE.maxEntries,
    maxSize: RESULT_CACHE.maxBytes,
    maxEntrySize: RESULT_CACHE.maxEntryBytes,
    sizeCalculation: ({ result }) => retainedBytes(result) + ENTRY_BYTES,
  });

  /** @param localOnly - ignores results that volunteers computed. */
  get(key: string, localOnly: boolean): PackedResult | undefined {
    const cached = this.#results.get(key);
    return cached && (!localOnly || cached.computedBy.every((id) => id === 'local'))
      ? copyResult(cached.result)
      : undefined;
  }

  /** @param computedBy - every runner that computed a part: volunteer ids or `local` */
  put(key: string, result: PackedResult, computedBy: readonly string[]): void {
    // Tested before the copy, which is the expensive part.
    if (totalBytes(result.attachments) + ENTRY_BYTES > RESULT_CACHE.maxEntryBytes) return;
    this.#results.set(key, { result: copyResult(result), computedBy });
  }

  /** Removes every result this volunteer computed a part of. */
  evictByVolunteer(volunteerId: string): void {
    for (const [key, { computedBy }] of [...this.#results.entries()])
      if (computedBy.includes(volunteerId)) this.#results.delete(key);
  }

  clear(): void {
    this.#results.clear();
  }
}

/** Copies the bulk data. The small value, which nobody changes, is shared. */
export function copyResult({ value, attachments }: PackedResult): PackedResult {
  return { value, attachments: attachments.map((bytes) => bytes.slice()) };
}

/** Null until it is compiled, and where a page's policy forbids WebAssembly. */
let sha256: IHasher | null = null;

/** Compiles the synchronous hash. Without it all keys come from Web Crypto, asynchronously. Never rejects. */
export async function prepareTaskKeys(): Promise<void> {
  sha256 ??= await createSHA256().catch(() => null);
}

/**
 * The cache key of a task: SHA-256 over its type, its params in canonical form and its bytes. Equal keys mean equal results. Small
 * tasks are hashed synchronously (1 kB takes WebAssembly 4 us, JavaScript 16-25 us, and Web Crypto a tick of the event loop); large ones
 * off this thread by Web Crypto, where that is available (secure contexts). Rejects where neither is available.
 */
export function taskKey(type: string, { params, attachments }: PackedTask): string | Promise<string> {
  const sizes = attachments.map(({ byteLength }) => byteLength);
  const parts = [utf8.encode(`${type} ${canonicalJson(params)} ${sizes}`), ...attachments];
  const isLarge = totalBytes(parts) > RESULT_CACHE.syncHashBytes && globalThis.crypto.subtle !== undefined;
  if (!sha256 || isLarge) return webCryptoKey(parts);
  sha256.init();
  for (const part of parts) sha256.update(part);
  return keyText(sha256.digest('binary'));
}

const utf8 = new TextEncoder();

async function webCryptoKey(parts: Uint8Array[]): Promise<string> {
  return keyText(new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(parts))));
}

/** One character for each byte: a key in memory need not be printable. */
function keyText(hash: Uint8Array): string {
  return String.fromCharCode(...hash);
}

/** JSON with the members of each object in alphabetical order. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonicalJson)}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)}}`;
}
