import { expect, test } from 'vitest';
import { ResultCache } from './result-cache.ts';
import { CACHE } from './tuning.ts';

const result = (sizeBytes: number) => ({ value: null, attachments: [new Uint8Array(sizeBytes)] });

test('holds so many results and forgets the one not asked for longest', () => {
  const cache = new ResultCache();
  for (let key = 0; key < CACHE.maxEntries; key++) cache.put(`${key}`, result(1), ['local']);
  cache.get('0', false);
  cache.put('one more', result(1), ['local']);
  expect(cache.get('0', false)).toBeDefined();
  expect(cache.get('1', false)).toBeUndefined();
});

test('holds so many bytes, and nothing so large that little else would fit', () => {
  const cache = new ResultCache();
  const sizeBytes = CACHE.maxEntryBytes - 1_024;
  const count = Math.floor(CACHE.maxBytes / CACHE.maxEntryBytes);
  for (let key = 0; key <= count; key++) cache.put(`${key}`, result(sizeBytes), ['local']);
  expect(cache.get('0', false)).toBeUndefined();
  expect(cache.get(`${count}`, false)).toBeDefined();
  cache.put('huge', result(CACHE.maxEntryBytes), ['local']);
  expect(cache.get('huge', false)).toBeUndefined();
});

test('what a volunteer computed is not given to those who want it from this machine', () => {
  const cache = new ResultCache();
  cache.put('theirs', result(1), ['somebody']);
  cache.put('ours', result(1), ['local']);
  expect([cache.get('theirs', true), cache.get('theirs', false)]).toEqual([undefined, result(1)]);
  expect(cache.get('ours', true)).toEqual(result(1));
});

test('what a volunteer computed that cannot be believed is forgotten, and nothing else', () => {
  const cache = new ResultCache();
  cache.put('theirs', result(1), ['cheat']);
  cache.put('of another', result(1), ['good']);
  cache.forgetFrom('cheat');
  expect([cache.get('theirs', false), cache.get('of another', false)]).toEqual([undefined, result(1)]);
});
