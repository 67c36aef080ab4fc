import { expect, it } from 'vitest';
import { CountRate, TimeWindow } from './time-window.ts';

it('drops samples that left the window, and keeps no more than allowed', () => {
  const window = new TimeWindow(10, 3);
  for (const timeS of [0, 8, 9, 10, 11]) window.add([timeS, timeS * 2, null]);
  expect(window.columns(2)).toEqual([
    [9, 10, 11],
    [18, 20, 22],
    [null, null, null],
  ]);
  window.add([100, 1, 2]);
  expect(window.columns(2)).toEqual([[100], [1], [2]]);
});

it('measures the rate of a count over its window', () => {
  const rate = new CountRate(5_000);
  expect(rate.perSecond).toBeNaN();
  rate.add(0, 0);
  expect(rate.perSecond).toBeNaN();
  rate.add(60, 1_000);
  expect(rate.perSecond).toBe(60);
  for (const atMs of [2_000, 4_000, 7_000]) rate.add(60, atMs);
  expect(rate.perSecond).toBe(0);
});
