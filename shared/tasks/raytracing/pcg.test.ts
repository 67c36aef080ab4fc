import { expect, test } from 'vitest';
import { sampleOffset } from './pcg.ts';

test('numbers depend on what they are counted by alone, and fill the square evenly', () => {
  const out = new Float64Array(2);
  const cells = new Uint32Array(64);
  let sum = 0;
  for (let i = 0; i < 16_384; i++) {
    sampleOffset(i % 128, i >> 7, 3, 42, out);
    const [x = 0, y = 0] = out;
    expect(x >= 0 && x < 1 && y >= 0 && y < 1).toBe(true);
    const cell = Math.floor(x * 8) * 8 + Math.floor(y * 8);
    cells[cell] = (cells[cell] ?? 0) + 1;
    sum += x * y;
  }
  // 256 are expected in each; five standard deviations.
  expect(Math.min(...cells)).toBeGreaterThan(176);
  expect(Math.max(...cells)).toBeLessThan(336);
  expect(sum / 16_384).toBeCloseTo(0.25, 2);
  const again = new Float64Array(2);
  sampleOffset(127, 127, 3, 42, again);
  expect(again).toEqual(out);
});

test('each of the four numbers matters', () => {
  const offsets = [
    [1, 2, 3, 4],
    [2, 2, 3, 4],
    [1, 3, 3, 4],
    [1, 2, 4, 4],
    [1, 2, 3, 5],
  ].map(([x = 0, y = 0, sample = 0, seed = 0]) => {
    const out = new Float64Array(2);
    sampleOffset(x, y, sample, seed, out);
    return out.join();
  });
  expect(new Set(offsets).size).toBe(5);
});
