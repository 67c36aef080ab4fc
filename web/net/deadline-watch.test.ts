import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { DeadlineWatch } from './deadline-watch.ts';

function watching() {
  const clock = new ManualClock(1_000);
  const late: [string, number][] = [];
  const watch = new DeadlineWatch<string>(clock, (item) => late.push([item, clock.now()]));
  return { clock, late, watch };
}

test('calls back for each item at its deadline, in any order of insertion, with one timer', () => {
  const { clock, late, watch } = watching();
  watch.watch('b', 20);
  watch.watch('a', 10);
  watch.watch('c', 30);
  expect(clock.pending).toBe(1);
  clock.advance(100);
  expect(late).toEqual([
    ['a', 1_010],
    ['b', 1_020],
    ['c', 1_030],
  ]);
});

test('a forgotten item has no callback, and no timer runs without items', () => {
  const { clock, late, watch } = watching();
  watch.watch('a', 10);
  watch.watch('b', 20);
  watch.forget('a');
  clock.advance(15);
  watch.forget('b');
  expect([late, clock.pending]).toEqual([[], 0]);
  watch.watch('c', 10);
  watch.dispose();
  expect(clock.pending).toBe(0);
});
