import { expect, test } from 'vitest';
import { flickerOf, lumaOf } from './luma.ts';

test('luma weighs the colours as video does', () => {
  const data = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 0);
  const luma = [...lumaOf({ width: 4, height: 1, data })];
  for (const [i, value] of [76.245, 149.685, 29.07, 255].entries()) expect(luma[i]).toBeCloseTo(value, 3);
});

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
