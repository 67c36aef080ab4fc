import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { sha256Hex } from './download.ts';
import type { ModelProgress } from './model-source.ts';
import { ModelStore } from './model-store.ts';

const CACHE_NAME = 'p2c2r-models';
/** Where Vite serves the repository's models to tests. */
const baseUrl = new URL('/web/public/models/', location.href);

const requests: string[] = [];
const reports: ModelProgress[] = [];

function newStore(): ModelStore {
  return new ModelStore({
    baseUrl,
    fetch: (input, init) => {
      requests.push(String(input).slice(baseUrl.href.length));
      return fetch(input, init);
    },
    caches,
    digest: (bytes) => sha256Hex(bytes, crypto.subtle),
    clock: systemClock,
    onProgress: (progress) => reports.push(progress),
  });
}

afterEach(() => caches.delete(CACHE_NAME));

test('networks come from the server, then from the cache, and from the server again when the cache is damaged', async () => {
  const first = await newStore().load('fast', 'wgsl');
  expect(first.bytes.byteLength).toBe(first.model.files.wgsl.bytes);
  expect(requests.splice(0)).toEqual(['manifest.json', 'fast.bin']);
  expect(reports.at(-1)).toMatchObject({ state: 'ready', loadedBytes: first.bytes.byteLength });

  const second = await newStore().load('fast', 'wgsl');
  expect(new Uint8Array(second.bytes)).toEqual(new Uint8Array(first.bytes));
  expect(requests.splice(0)).toEqual(['manifest.json']);

  const cache = await caches.open(CACHE_NAME);
  const key = (await cache.keys()).find(({ url }) => url.includes('fast.bin'));
  await cache.put(key ?? '', new Response(first.bytes.slice(1)));
  await cache.put(new URL('fast.bin?sha256=old', baseUrl), new Response('old'));
  const third = await newStore().load('fast', 'wgsl');
  expect(new Uint8Array(third.bytes)).toEqual(new Uint8Array(first.bytes));
  expect(requests.splice(0)).toEqual(['manifest.json', 'fast.bin']);
  const kept = (await cache.keys()).map(({ url }) => url.slice(baseUrl.href.length));
  expect(kept.sort()).toEqual([`fast.bin?sha256=${first.model.files.wgsl.sha256}`, 'manifest.json']);
});
