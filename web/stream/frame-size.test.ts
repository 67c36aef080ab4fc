import { expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { isReduced, isSameSize, streamSize } from './frame-size.ts';

test.each([
  [640, 360, 2, [640, 360, 1280, 720]],
  [853, 481, 2, [852, 480, 1704, 960]],
  [2, 2, 1, [2, 2, 2, 2]],
  [70, 70, 1.1, [70, 70, 76, 76]],
  [17, 5, 2, [16, 4, 32, 8]],
  [1920, 1080, 4, [1920, 1080, STREAM_LIMITS.maxSide, 2304]],
])('%ix%i at a scale of %f is sent and returned in even sizes', (width, height, scale, expected) => {
  const size = streamSize({ width, height }, scale);
  expect([size.width, size.height, size.outWidth, size.outHeight]).toEqual(expected);
});

test.each([
  [5120, 1440, [4096, 1152, 4096, 1152]],
  [1440, 5121, [1152, 4096, 1152, 4096]],
  [STREAM_LIMITS.maxSide + 2, 2, [STREAM_LIMITS.maxSide, 2, STREAM_LIMITS.maxSide, 2]],
])('%ix%i is made smaller to fit, at its aspect ratio', (width, height, expected) => {
  const size = streamSize({ width, height }, 2);
  expect([size.width, size.height, size.outWidth, size.outHeight]).toEqual(expected);
  expect(isReduced({ width, height }, size)).toBe(true);
});

test('a picture that is only cropped by a column or a row is not made smaller', () => {
  for (const size of [
    { width: STREAM_LIMITS.maxSide + 1, height: 481 },
    { width: 853, height: 481 },
  ]) {
    expect(isReduced(size, streamSize(size, 1))).toBe(false);
  }
});

test('a product just below an integer is not rounded down', () => {
  expect(streamSize({ width: 140, height: 140 }, 1.1).outWidth).toBe(154);
});

test.each([
  [1, 100, 'bad-input'],
  [0, 0, 'bad-input'],
])('%ix%i is rejected as %s', (width, height, reason) => {
  expect(() => streamSize({ width, height }, 2)).toThrow(expect.objectContaining({ reason }));
});

test('two sizes are the same when all four sides are equal', () => {
  const size = streamSize({ width: 64, height: 36 }, 2);
  expect(isSameSize(size, { ...size })).toBe(true);
  expect(isSameSize(size, streamSize({ width: 64, height: 36 }, 3))).toBe(false);
});
