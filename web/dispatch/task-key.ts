import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, toBase64Url, totalBytes } from '../../shared/bytes.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { CACHE } from '../../shared/tuning.ts';

/**
 * Names a piece of work: SHA-256 over its type, its params in canonical form and its bytes. Equal names, equal results. Small work
 * is named at once; of large work the browser makes the hash, off this thread, where it can (secure contexts).
 */
export function taskKey(type: string, { params, attachments }: PackedTask): string | Promise<string> {
  const sizes = attachments.map(({ byteLength }) => byteLength);
  const head = new TextEncoder().encode(canonicalJson([type, params, sizes]));
  const parts = [head, ...attachments];
  if (totalBytes(parts) > CACHE.syncHashBytes && globalThis.crypto.subtle) return hashElsewhere(parts);
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return toBase64Url(hash.digest());
}

async function hashElsewhere(parts: Uint8Array[]): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(parts))));
}

/** JSON with the members of each object in alphabetical order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
