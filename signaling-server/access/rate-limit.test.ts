import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RateLimit } from './rate-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a key that reached its limit is free again when its window ends, whatever other keys do', async () => {
  const limit = new RateLimit({ events: 2, windowMs: 1_000, maxKeys: 8 });
  expect(await limit.take('a')).toBe(true);
  vi.advanceTimersByTime(999);
  expect([await limit.take('a'), await limit.take('a'), await limit.take('b')]).toEqual([true, false, true]);
  expect(await limit.blockedForMs('a')).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await limit.blockedForMs('a')).toBe(0);
  expect([await limit.take('a'), await limit.take('a'), await limit.take('a')]).toEqual([true, true, false]);
});

test('past `maxKeys` the least recently counted key is forgotten', async () => {
  const limit = new RateLimit({ events: 1, windowMs: 1_000, maxKeys: 2 });
  for (const key of ['a', 'b', 'a', 'c']) await limit.take(key);
  expect([await limit.take('a'), await limit.take('c'), await limit.take('b')]).toEqual([false, false, true]);
});

test('with `blockMs` a key over its limit stays blocked for that time, however often it tries', async () => {
  const limit = new RateLimit({ events: 1, windowMs: 1_000, blockMs: 5_000, maxKeys: 8 });
  await limit.take('a');
  expect(await limit.take('a')).toBe(false);
  vi.advanceTimersByTime(4_999);
  expect(await limit.take('a')).toBe(false);
  expect(await limit.blockedForMs('a')).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await limit.take('a')).toBe(true);
});
