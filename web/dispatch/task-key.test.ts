import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { prepareTaskKeys, taskKey } from './task-key.ts';
import { CACHE } from './tuning.ts';

beforeAll(prepareTaskKeys);
afterEach(() => vi.unstubAllGlobals());

const bytes = (...values: number[]) => new Uint8Array(values);

test('equal work has one name, in whatever order its params were written', () => {
  const one = taskKey('echo', { params: { a: 1, b: { c: 2, d: [3, 4] } }, attachments: [bytes(1, 2)] });
  const other = taskKey('echo', { params: { b: { d: [3, 4], c: 2 }, a: 1 }, attachments: [bytes(1, 2)] });
  expect(one).toBe(other);
});

test('another type, other params, other bytes, and bytes cut elsewhere are other work', () => {
  const keys = [
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('ohce', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('echo', { params: { a: 2 }, attachments: [bytes(1, 2), bytes(3)] }),
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1, 2), bytes(4)] }),
    taskKey('echo', { params: { a: 1 }, attachments: [bytes(1), bytes(2, 3)] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('large work is named by the browser, with the name it would have had here', async () => {
  const work = { params: {}, attachments: [new Uint8Array(CACHE.syncHashBytes + 1).fill(7)] };
  const elsewhere = taskKey('echo', work);
  expect(elsewhere).toBeInstanceOf(Promise);
  // A page without a secure context has no browser to ask.
  vi.stubGlobal('crypto', {});
  expect(taskKey('echo', work)).toBe(await elsewhere);
});

test('where WebAssembly is forbidden the browser names all work, with the same names', async () => {
  const work = { params: { a: 1 }, attachments: [bytes(1, 2)] };
  vi.resetModules();
  vi.stubGlobal('WebAssembly', undefined);
  const forbidden = await import('./task-key.ts');
  await forbidden.prepareTaskKeys();
  const elsewhere = forbidden.taskKey('echo', work);
  expect(elsewhere).toBeInstanceOf(Promise);
  expect(await elsewhere).toBe(taskKey('echo', work));
});
