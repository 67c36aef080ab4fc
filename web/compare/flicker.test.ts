import { expect, test } from 'vitest';
import { flickerOf } from './flicker.ts';

const frames = (...each: number[][]) => each.map((values) => Float32Array.from(values));

test('only what stands still in the truth counts, by its variance over time', () => {
  const truth = frames([10, 50, 90], [10, 80, 90.5], [10, 20, 90]);
  expect(flickerOf(frames([12, 0, 80], [12, 99, 80], [12, 5, 80]), truth)).toBe(0);
  // 3 and -3 about the mean in one of two still pixels, 0 in the other.
  expect(flickerOf(frames([12, 0, 77], [12, 99, 83]), truth.slice(0, 2))).toBeCloseTo(9 / 2, 9);
});

test('where everything moves there is nothing to say', () => {
  expect(flickerOf(frames([0, 0], [0, 0]), frames([0, 9], [9, 0]))).toBeNull();
});
