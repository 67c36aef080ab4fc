import { describe, expect, test } from 'vitest';
import { inputKindOf } from './input-kind.ts';
import { aliasedPicture, smoothPicture } from './test-input-kinds.ts';

describe('the kind of a picture', () => {
  test('is aliased where each pixel is one sample', () => expect(inputKindOf(aliasedPicture())).toBe('aliased'));

  test('is smooth where pixels are averages', () => {
    expect(inputKindOf(smoothPicture())).toBe('smooth');
    expect(inputKindOf(smoothPicture(0, 4))).toBe('smooth');
  });

  test('is told through the noise of a codec', () => {
    expect(inputKindOf(aliasedPicture(12))).toBe('aliased');
    expect(inputKindOf(smoothPicture(12))).toBe('smooth');
  });

  test('is smooth where there is nothing to go by', () => {
    expect(inputKindOf({ width: 3, height: 2, data: new Uint8ClampedArray(24) })).toBe('smooth');
    expect(inputKindOf({ width: 64, height: 36, data: new Uint8ClampedArray(64 * 36 * 4).fill(90) })).toBe('smooth');
  });
});
