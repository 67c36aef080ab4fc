import { expect, test } from 'vitest';
import type { NetworkShape } from '../models/manifest.ts';
import { bandsOf, haloOf } from './bands.ts';

const plain: NetworkShape = { widths: [3, 8, 8, 8, 4], outputs: 'luma', leak: 0.1 };
const deep: NetworkShape = { widths: [3, 20, 20, 20, 20, 20, 12], outputs: 'rgb', leak: 0.1 };
/** As `ultra`. */
const ultra: NetworkShape = { widths: [3, ...Array(8).fill(32), 12], outputs: 'rgb', leak: 0.1 };
/** What every device may bind: WebGPU, "Limits". */
const TENSOR_BYTES = 134_217_728;

test.each([plain, deep])('bands tile the picture, each with the halo that its result depends on', (network) => {
  for (const height of [1, 2, 57, 301, 1_000]) {
    const bands = bandsOf({ width: 1_000, height }, network, { pixels: 100 });
    expect(bands[0]?.first).toBe(0);
    expect(bands.at(-1)?.last).toBe(height);
    for (const [n, { from, to, first, last }] of bands.entries()) {
      if (n > 0) expect(first).toBe(bands[n - 1]?.last);
      expect(from).toBe(Math.max(0, first - haloOf(network)));
      expect(to).toBe(Math.min(height, last + haloOf(network)));
    }
  }
});

test('a picture that fits is not cut, and larger limits mean fewer cuts', () => {
  expect(bandsOf({ width: 320, height: 180 }, plain, { pixels: 64 * 1024 })).toHaveLength(1);
  const picture = { width: 1_280, height: 720 };
  const counts = [1, 100_000, 300_000, 1_000_000].map((pixels) => bandsOf(picture, plain, { pixels }).length);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(counts.at(-1)).toBe(1);
});

test('at most an eighth of the rows that are read are computed twice', () => {
  const read = bandsOf({ width: 8_000, height: 2_000 }, plain, { pixels: 1 }).reduce(
    (sum, { from, to }) => sum + to - from,
    0,
  );
  expect(read / 2_000).toBeLessThan(8 / 7 + 0.02);
});

test.each([
  [8_192, 512],
  [8_192, 8_192],
  [1_280, 720],
  [2_000, 1_000],
  [100, 9_000],
])('no tensor of a band of %ix%i, halo and all, is larger than a device may bind', (width, height) => {
  const bands = bandsOf({ width, height }, ultra, { pixels: 1_280 * 720, tensorBytes: TENSOR_BYTES });
  const read = bands.map(({ from, to }) => to - from);
  expect(bands.at(-1)?.last).toBe(height);
  expect(Math.max(...read) * width * 32 * 4).toBeLessThanOrEqual(TENSOR_BYTES);
});

test('a picture of which not even one row fits has no bands', () => {
  expect(bandsOf({ width: 100, height: 100 }, plain, { pixels: 1, tensorBytes: 100 })).toEqual([]);
});
