import { expect, test } from 'vitest';
import { CACHE } from '../../shared/tuning.ts';
import { ResultCache } from './result-cache.ts';

const result = (sizeBytes: number) => ({ value: null, attachments: [new Uint8Array(sizeBytes)] });

test('holds so many results and forgets the one not asked for longest', () => {
  const cache = new ResultCache();
  for (let key = 0; key < CACHE.maxEntries; key++) cache.put(`${key}`, result(1));
  cache.get('0');
  cache.put('one more', result(1));
  expect(cache.get('0')).toBeDefined();
  expect(cache.get('1')).toBeUndefined();
});

test('holds so many bytes, and nothing so large that little else would fit', () => {
  const cache = new ResultCache();
  const sizeBytes = CACHE.maxEntryBytes - 1_024;
  const count = Math.floor(CACHE.maxBytes / CACHE.maxEntryBytes);
  for (let key = 0; key <= count; key++) cache.put(`${key}`, result(sizeBytes));
  expect(cache.get('0')).toBeUndefined();
  expect(cache.get(`${count}`)).toBeDefined();
  cache.put('huge', result(CACHE.maxEntryBytes));
  expect(cache.get('huge')).toBeUndefined();
});
