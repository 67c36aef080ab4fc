import { describe, expect, test } from 'vitest';
import { cubic, doubled, type Kernel, LANCZOS3 } from './test-resample.ts';

const GREYS = [
  [10, 200, 30, 90],
  [60, 5, 250, 120],
  [255, 0, 77, 13],
];

test('bicubic equals PyTorch’s, borders included', () => {
  // torch.nn.functional.interpolate(mode='bicubic', align_corners=False) of the same, rounded and clamped.
  const expected = [
    [0, 61, 194, 192, 54, 2, 61, 95],
    [0, 49, 131, 155, 105, 82, 95, 102],
    [26, 27, 27, 94, 191, 215, 152, 115],
    [123, 72, 0, 32, 187, 230, 138, 85],
    [236, 159, 30, 4, 96, 118, 62, 29],
    [255, 211, 56, 0, 42, 52, 17, 0],
  ];
  expect(rowsOf(doubled(grey(GREYS), cubic(-0.75)))).toEqual(expected);
});

test('Lanczos has three lobes, and its weights add up to one', () => {
  // numpy.sinc(x) * numpy.sinc(x / 3), normalised.
  const [row] = rowsOf(doubled(grey([GREYS[0] ?? []]), LANCZOS3));
  expect(row).toEqual([0, 61, 179, 180, 71, 19, 66, 101]);
});

describe.each<[string, Kernel]>([
  ['bicubic', cubic(-0.75)],
  ['Catmull-Rom', cubic(-0.5)],
  ['Lanczos', LANCZOS3],
])('%s', (_, kernel) => {
  test('keeps a uniform colour', () => {
    const { data } = doubled(grey([[77, 77, 77]]), kernel);
    expect(new Set(data)).toEqual(new Set([77, 255]));
  });

  test('puts a value where it was', () => {
    const slope = grey(Array.from({ length: 16 }, () => Array.from({ length: 16 }, (_, x) => 12 * x)));
    expect(Math.abs((doubled(slope, kernel).data[(16 * 32 + 16) * 4] ?? 0) - 93)).toBeLessThanOrEqual(1);
  });
});

function grey(rows: number[][]) {
  const data = Uint8ClampedArray.from(rows.flat().flatMap((value) => [value, value, value, 255]));
  return { width: rows[0]?.length ?? 0, height: rows.length, data };
}

function rowsOf({ width, height, data }: { width: number; height: number; data: Uint8ClampedArray }): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 4] ?? 0),
  );
}
