import { createSHA256, type IHasher } from 'hash-wasm';
import { concatBytes, totalBytes } from '../../shared/bytes.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { CACHE } from './tuning.ts';

/** Null until it is compiled, and where a page's policy forbids WebAssembly. */
let sha256: IHasher | null = null;

/** Compiles what names small work at once; without it the browser names all work, a turn later. Never rejects. */
export async function prepareTaskKeys(): Promise<void> {
  sha256 ??= await createSHA256().catch(() => null);
}

/**
 * Names a piece of work: SHA-256 over its type, its params in canonical form and its bytes. Equal names, equal results. Small work
 * is named at once: 1 kB takes WebAssembly 4 us, script 16-25, and the browser a turn of the event loop. Large work the browser names
 * off this thread, where it can (secure contexts). Rejects where neither is there.
 */
export function taskKey(type: string, { params, attachments }: PackedTask): string | Promise<string> {
  const sizes = attachments.map(({ byteLength }) => byteLength);
  const parts = [utf8.encode(`${type} ${canonical(params)} ${sizes}`), ...attachments];
  const isLarge = totalBytes(parts) > CACHE.syncHashBytes && globalThis.crypto.subtle !== undefined;
  if (!sha256 || isLarge) return hashElsewhere(parts);
  sha256.init();
  for (const part of parts) sha256.update(part);
  return toText(sha256.digest('binary'));
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
