import { expect, test } from 'vitest';
import { ManualClock } from './test-manual-clock.ts';

test('timers fire in order, each at its own time, and may set others', () => {
  const clock = new ManualClock(100);
  const ran: [string, number][] = [];
  const note = (what: string) => () => ran.push([what, clock.now()]);
  clock.after(30, note('third'));
  clock.after(10, () => {
    note('first')();
    clock.after(5, note('second'));
  });
  const cancel = clock.after(20, note('cancelled'));
  cancel();
  clock.after(41, note('later'));
  clock.advance(40);
  expect(ran).toEqual([
    ['first', 110],
    ['second', 115],
    ['third', 130],
  ]);
  expect([clock.now(), clock.pending]).toEqual([140, 1]);
});
