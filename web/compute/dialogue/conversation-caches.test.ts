import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import type { NamedTensor } from '../ort/onnx-sessions.ts';
import { ConversationCaches, KEPT } from './conversation-caches.ts';

let clock: ManualClock;
let caches: ConversationCaches;

beforeEach(() => {
  clock = new ManualClock();
  caches = new ConversationCaches(clock);
});

/** What a model has read of these tokens: a cache that begins with its number for each. */
function read(tokens: readonly number[], bytesPerToken = 1) {
  const bytes = new Uint8Array(tokens.length * bytesPerToken);
  for (const [n, token] of tokens.entries()) bytes[n * bytesPerToken] = token;
  const tensor: NamedTensor = { name: 'past', type: 'uint8', dims: [1, 1, tokens.length, bytesPerToken], bytes };
  return { tokens, cache: [tensor] };
}

/** How many of these tokens need not be read again. */
const known = (owner: string, tokens: readonly number[]) => caches.take(owner, 'm', tokens).tokens.length;

test('what was read is cut to what the next prompt begins with, and at least one token is left to read', () => {
  caches.keep('gamer', 'm', read([1, 2, 3, 4]));
  const { tokens, cache } = caches.take('gamer', 'm', [1, 2, 9]);
  expect(tokens).toEqual([1, 2]);
  expect(cache[0]).toMatchObject({ dims: [1, 1, 2, 1], bytes: Uint8Array.of(1, 2) });
  caches.keep('gamer', 'm', read([1, 2]));
  expect(known('gamer', [1, 2])).toBe(1);
});

test('what was read for one owner or by one model is nothing to another, and is taken once', () => {
  caches.keep('gamer', 'm', read([1, 2, 3]));
  expect(known('other', [1, 2, 3])).toBe(0);
  expect(caches.take('gamer', 'n', [1, 2, 3]).tokens).toEqual([]);
  expect([known('gamer', [1, 2, 3]), known('gamer', [1, 2, 3])]).toEqual([2, 0]);
});

test('what was read goes with its owner, and with the machine', () => {
  caches.keep('gamer', 'm', read([1, 2, 3]));
  caches.keep('other', 'm', read([1, 2, 3]));
  caches.forget('gamer');
  expect([known('gamer', [1, 2, 3]), known('other', [1, 2, 3])]).toEqual([0, 2]);
  caches.keep('other', 'm', read([1, 2, 3]));
  caches.dispose();
  // An answer that ends after that leaves nothing behind.
  caches.keep('other', 'm', read([1, 2, 3]));
  expect([known('other', [1, 2, 3]), clock.pending]).toEqual([0, 0]);
});

test('an owner that leaves amid its answers leaves nothing behind when they end', () => {
  for (const _ of [1, 2]) caches.take('gamer', 'm', [1, 2, 3]);
  caches.take('other', 'm', [1, 2, 3]);
  caches.forget('gamer');
  for (const owner of ['gamer', 'other', 'gamer']) caches.keep(owner, 'm', read([1, 2, 3]));
  expect(clock.pending).toBe(1);
  expect([known('gamer', [1, 2, 3]), known('other', [1, 2, 3])]).toEqual([0, 2]);
});

test('what was read goes after five minutes of silence, though nobody asks', () => {
  caches.keep('gamer', 'm', read([1, 2, 3]));
  clock.advance(KEPT.ms / 2);
  caches.keep('other', 'm', read([1, 2, 3]));
  clock.advance(KEPT.ms / 2);
  expect(known('gamer', [1, 2, 3])).toBe(0);
  expect(clock.pending).toBe(1);
  clock.advance(KEPT.ms / 2);
  expect([known('other', [1, 2, 3]), clock.pending]).toEqual([0, 0]);
});

test('what was read is bounded in conversations and in bytes, and the oldest goes first', () => {
  for (let n = 0; n <= KEPT.conversations; n++) caches.keep(`${n}`, 'm', read([1, 2, 3]));
  expect([known('0', [1, 2, 3]), known('1', [1, 2, 3])]).toEqual([0, 2]);
  caches.keep('large', 'm', read([1, 2], KEPT.bytes / 2));
  expect([known('2', [1, 2, 3]), known('large', [1, 2, 3])]).toEqual([0, 2]);
});
