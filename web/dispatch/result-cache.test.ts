import { expect, test } from 'vitest';
import { CACHE } from '../../shared/tuning.ts';
import { ResultCache } from './result-cache.ts';

const result = (sizeBytes: number) => ({ value: null, attachments: [new Uint8Array(sizeBytes)] });

test('holds so many results and forgets the one not asked for longest', () => {
  const cache = new ResultCache();
  for (let key = 0; key < CACHE.maxEntries; key++) cache.put(`${key}`, result(1), true);
  cache.get('0', false);
  cache.put('one more', result(1), true);
  expect(cache.get('0', false)).toBeDefined();
  expect(cache.get('1', false)).toBeUndefined();
});

test('holds so many bytes, and nothing so large that little else would fit', () => {
  const cache = new ResultCache();
  const sizeBytes = CACHE.maxEntryBytes - 1_024;
  const count = Math.floor(CACHE.maxBytes / CACHE.maxEntryBytes);
  for (let key = 0; key <= count; key++) cache.put(`${key}`, result(sizeBytes), true);
  expect(cache.get('0', false)).toBeUndefined();
  expect(cache.get(`${count}`, false)).toBeDefined();
  cache.put('huge', result(CACHE.maxEntryBytes), true);
  expect(cache.get('huge', false)).toBeUndefined();
});

test('what a volunteer computed is not given to those who want it from this machine', () => {
  const cache = new ResultCache();
  cache.put('theirs', result(1), false);
  cache.put('ours', result(1), true);
  expect([cache.get('theirs', true), cache.get('theirs', false)]).toEqual([undefined, result(1)]);
  expect(cache.get('ours', true)).toEqual(result(1));
});
