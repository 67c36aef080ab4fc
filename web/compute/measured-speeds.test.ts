import { expect, test } from 'vitest';
import { fastestAt, fitRunCost, predictMs, speedsKey } from './measured-speeds.ts';

test('no coefficient of a cost is negative, however noisy the clock', () => {
  expect(fitRunCost({ pixels: 100, ms: 5 }, { pixels: 400, ms: 4 })).toEqual({ fixedMs: 4, msPerPixel: 0 });
  const { fixedMs, msPerPixel } = fitRunCost({ pixels: 100, ms: 1 }, { pixels: 400, ms: 40 });
  expect([fixedMs, msPerPixel]).toEqual([0, 0.1]);
});

test('a cost fitted to two sizes predicts both', () => {
  const cost = fitRunCost({ pixels: 100, ms: 3 }, { pixels: 400, ms: 6 });
  expect([predictMs(cost, 100), predictMs(cost, 400)]).toEqual([3, 6]);
});

test('the fastest candidate depends on the size, and the first of equals is taken', () => {
  const steep = { name: 'steep', cost: { fixedMs: 0, msPerPixel: 1 } };
  const flat = { name: 'flat', cost: { fixedMs: 10, msPerPixel: 0 } };
  expect([1, 10, 11].map((pixels) => fastestAt([steep, flat], pixels)?.name)).toEqual(['steep', 'steep', 'flat']);
  expect(fastestAt([], 1)).toBeUndefined();
});

test('speeds of another adapter or preference have another key', () => {
  const keys = [
    speedsKey('one', undefined),
    speedsKey('other', undefined),
    speedsKey('one', 'wgsl'),
    speedsKey('', 'js'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(speedsKey('one', 'wgsl')).toBe(keys[2]);
});
