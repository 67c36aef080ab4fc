import { expect, test } from 'vitest';
import { psnrDb } from './luma.ts';
import { ssimAgainst } from './ssim.ts';

const [WIDTH, HEIGHT] = [23, 17];

test('PSNR and SSIM equal what numpy computes for the same pictures', () => {
  const truth = painted((x, y) => (x * 37 + y * 59) % 256);
  const made = painted((x, y) => (x * 37 + y * 59 + ((x * y) % 23)) % 256);
  expect(psnrDb(made, truth)).toBeCloseTo(13.784265, 5);
  expect(ssimAgainst({ width: WIDTH, height: HEIGHT, luma: truth })(made)).toBeCloseTo(0.7785745, 5);
});

test('a picture compared with itself', () => {
  const luma = painted((x, y) => (x * y) % 200);
  expect(ssimAgainst({ width: WIDTH, height: HEIGHT, luma })(luma)).toBeCloseTo(1, 9);
  expect(psnrDb(luma, luma)).toBe(Number.POSITIVE_INFINITY);
});

function painted(valueAt: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => valueAt(i % WIDTH, Math.floor(i / WIDTH)));
}
