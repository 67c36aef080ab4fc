import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { KeptResults } from './results.ts';
import { TASKS } from './tuning.ts';

const done = { ok: true, value: 1 } as const;

test('each result is kept for its time and then let go without being asked, by one timer', () => {
  const clock = new ManualClock(1_000);
  const kept = new KeptResults(clock);
  kept.keep('a', done, 1);
  clock.advance(1_000);
  kept.keep('b', done, 1);
  expect(clock.pending).toBe(1);
  clock.advance(TASKS.resultKeptMs - 1_000);
  expect([kept.get('a'), kept.get('b')]).toEqual([undefined, done]);
  clock.advance(1_000);
  expect([kept.get('b'), clock.pending]).toEqual([undefined, 0]);
});

test('the oldest goes when there are too many or too many bytes', () => {
  const kept = new KeptResults(new ManualClock());
  for (let nth = 0; nth <= TASKS.maxKeptResults; nth++) kept.keep(`${nth}`, done, 1);
  expect([kept.get('0'), kept.get('1')]).toEqual([undefined, done]);
  kept.keep('large', done, TASKS.maxKeptBytes);
  expect(kept.get(`${TASKS.maxKeptResults}`)).toBeUndefined();
  expect(kept.get('large')).toEqual(done);
  kept.clear();
});
