import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, totalBytes } from '../../shared/bytes.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { CACHE } from '../../shared/tuning.ts';

/**
 * Names a piece of work: SHA-256 over its type, its params in canonical form and its bytes. Equal names, equal results. Small work
 * is named at once; of large work the browser makes the hash, off this thread, where it can (secure contexts).
 */
export function taskKey(type: string, { params, attachments }: PackedTask): string | Promise<string> {
  const sizes = attachments.map(({ byteLength }) => byteLength);
  const parts = [utf8.encode(`${type} ${canonical(params)} ${sizes}`), ...attachments];
  if (totalBytes(parts) > CACHE.syncHashBytes && globalThis.crypto.subtle) return hashElsewhere(parts);
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return toText(hash.digest());
}

const utf8 = new TextEncoder();

async function hashElsewhere(parts: Uint8Array[]): Promise<string> {
  return toText(new Uint8Array(await crypto.subtle.digest('SHA-256', concatBytes(parts))));
}

/** A character for each byte: a key in memory need not be printable. */
function toText(hash: Uint8Array): string {
  return String.fromCharCode(...hash);
}

/** JSON with the members of each object in alphabetical order. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)}}`;
}
