import { expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { RateLimit } from './rate-limit.ts';

test('a key that reached its limit is let go when its window is over, whatever others do', () => {
  const clock = new ManualServerClock();
  const limit = new RateLimit({ events: 2, windowMs: 1_000, maxKeys: 8 }, clock);
  limit.count('a');
  clock.advance(999);
  limit.count('a');
  limit.count('b');
  expect([limit.isReached('a'), limit.isReached('b')]).toEqual([true, false]);
  clock.advance(1);
  expect(limit.isReached('a')).toBe(false);
  limit.count('a');
  expect(limit.isReached('a'), 'a new window').toBe(false);
});
