import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { ENDED_TASK_LIMITS, EndedTaskOutcomes } from './ended-task-outcomes.ts';

const done = { kind: 'done', result: 1 } as const;

test('each result is kept for its time and then dropped, by a single timer', () => {
  const clock = new ManualClock(1_000);
  const kept = new EndedTaskOutcomes(clock);
  kept.keep('a', done);
  clock.advance(1_000);
  kept.keep('b', done);
  expect(clock.pending).toBe(1);
  clock.advance(ENDED_TASK_LIMITS.keptMs - 1_000);
  expect([kept.get('a'), kept.get('b')]).toEqual([undefined, done]);
  clock.advance(1_000);
  expect([kept.get('b'), clock.pending]).toEqual([undefined, 0]);
});

test('the oldest is dropped when there are too many results or too many bytes', () => {
  const kept = new EndedTaskOutcomes(new ManualClock());
  for (let nth = 0; nth <= ENDED_TASK_LIMITS.maxCount; nth++) kept.keep(`${nth}`, done);
  expect([kept.get('0'), kept.get('1')]).toEqual([undefined, done]);
  // Of which the caller sees a few bytes only: what counts is what stays in memory.
  const large = {
    kind: 'done',
    result: new Uint8Array(new ArrayBuffer(ENDED_TASK_LIMITS.maxBytes - 2_048), 0, 8),
  } as const;
  kept.keep('large', large);
  expect(kept.get(`${ENDED_TASK_LIMITS.maxCount - 5}`)).toBeUndefined();
  expect(kept.get('large')).toEqual(large);
  kept.clear();
});
