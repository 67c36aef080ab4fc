import { describe, expect, it } from 'vitest';
import { roundedToFloat16 } from './test-half-precision.ts';
import { toFloat16Bits } from './weights.ts';

describe('half precision', () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.1, 0x2e66],
    [65_504, 0x7bff],
    [65_520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [2 ** -14, 0x0400],
    [1 + 1 / 2048, 0x3c00],
    [1 + 3 / 2048, 0x3c02],
    [2047.9999 / 1024, 0x4000],
    [Number.NaN, 0x7e00],
  ])('encodes %f as %i', (value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });

  it('rounds to the value of the bits', () => {
    for (const value of [0.1, -0.3, 1.0005, 700.3, 3e-6, -1e-9, 65_519]) {
      expect(toFloat16Bits(roundedToFloat16(value))).toBe(toFloat16Bits(value));
      expect(Math.abs(roundedToFloat16(value) - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) / 2048, 2 ** -25));
    }
  });
});
