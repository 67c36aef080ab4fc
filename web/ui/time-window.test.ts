import { expect, it } from 'vitest';
import { TimeWindow } from './time-window.ts';

it('forgets what left the window, and holds no more samples than allowed', () => {
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
