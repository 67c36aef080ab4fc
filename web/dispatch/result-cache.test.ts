import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { prepareTaskKeys, RESULT_CACHE, ResultCache, taskKey } from './result-cache.ts';

const result = (sizeBytes: number) => ({ value: null, attachments: [new Uint8Array(sizeBytes)] });

test('evicts the least recently used result when there are too many', () => {
  const cache = new ResultCache();
  for (let key = 0; key < RESULT_CACHE.maxEntries; key++) cache.put(`${key}`, result(1), ['local']);
  cache.get('0', false);
  cache.put('one more', result(1), ['local']);
  expect(cache.get('0', false)).toBeDefined();
  expect(cache.get('1', false)).toBeUndefined();
});

test('evicts results when there are too many bytes, and refuses a single large one', () => {
  const cache = new ResultCache();
  const sizeBytes = RESULT_CACHE.maxEntryBytes - 1_024;
  const count = Math.floor(RESULT_CACHE.maxBytes / RESULT_CACHE.maxEntryBytes);
  for (let key = 0; key <= count; key++) cache.put(`${key}`, result(sizeBytes), ['local']);
  expect(cache.get('0', false)).toBeUndefined();
  expect(cache.get(`${count}`, false)).toBeDefined();
  cache.put('huge', result(RESULT_CACHE.maxEntryBytes), ['local']);
  expect(cache.get('huge', false)).toBeUndefined();
});

test("gives no volunteer's result to a task that must run locally", () => {
  const cache = new ResultCache();
  cache.put('theirs', result(1), ['somebody']);
  cache.put('ours', result(1), ['local']);
  expect([cache.get('theirs', true), cache.get('theirs', false)]).toEqual([undefined, result(1)]);
  expect(cache.get('ours', true)).toEqual(result(1));
});

test('forgets the results of one volunteer only', () => {
  const cache = new ResultCache();
  cache.put('theirs', result(1), ['cheat']);
  cache.put('of another', result(1), ['good']);
  cache.evictByVolunteer('cheat');
  expect([cache.get('theirs', false), cache.get('of another', false)]).toEqual([undefined, result(1)]);
});

beforeAll(prepareTaskKeys);
afterEach(() => vi.unstubAllGlobals());

const bytes = (...values: number[]) => new Uint8Array(values);

test('equal tasks have one key, in whatever order their params were written', () => {
  const one = taskKey('echo', { params: { a: 1, b: { c: 2, d: [3, 4] } }, attachments: [bytes(1, 2)] });
  const other = taskKey('echo', { params: { b: { d: [3, 4], c: 2 }, a: 1 }, attachments: [bytes(1, 2)] });
  expect(one).toBe(other);
});

test('another type, other params, other bytes, or bytes divided differently have another key', () => {
  const keys = [
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('ohce', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('echo', { params: { a: 2 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(4)] }),
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1), bytes(2, 3)] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('large tasks are hashed by Web Crypto, to the same key', async () => {
  const task = { params: {}, attachments: [new Uint8Array(RESULT_CACHE.syncHashBytes + 1).fill(7)] };
  const fromWebCrypto = taskKey('echo', task);
  expect(fromWebCrypto).toBeInstanceOf(Promise);
  // Without a secure context there is no Web Crypto.
  vi.stubGlobal('crypto', {});
  expect(taskKey('echo', task)).toBe(await fromWebCrypto);
});

test('where WebAssembly is forbidden Web Crypto computes all keys, to the same values', async () => {
  const task = { params: { a: 1 }, attachments: [bytes(1, 2)] };
  vi.resetModules();
  vi.stubGlobal('WebAssembly', undefined);
  const forbidden = await import('./result-cache.ts');
  await forbidden.prepareTaskKeys();
  const fromWebCrypto = forbidden.taskKey('echo', task);
  expect(fromWebCrypto).toBeInstanceOf(Promise);
  expect(await fromWebCrypto).toBe(taskKey('echo', task));
});

test('what a result carries beside its bulk data counts as well', () => {
  const cache = new ResultCache();
  const value = { outputs: [{ name: 'n'.repeat(RESULT_CACHE.maxEntryBytes / 2), type: 'uint8', dims: [1] }] };
  cache.put('large', { value, attachments: [new Uint8Array(1)] }, ['somebody']);
  expect(cache.get('large', false)).toBeUndefined();
});
