import { describe, expect, test } from 'vitest';
import { inputKindOf, possibleKindsOf } from '../../../shared/tasks/input-kind.ts';
import { aliasedPicture, smoothPicture } from '../test-pictures.ts';
import { FRAMES_BETWEEN_INSPECTIONS, InputKindTracker } from './input-kind.ts';

describe('the kind of a picture', () => {
  test('is aliased where each pixel is one sample', () => expect(inputKindOf(aliasedPicture())).toBe('aliased'));

  test('is smooth where pixels are averages', () => {
    expect(inputKindOf(smoothPicture())).toBe('smooth');
    expect(inputKindOf(smoothPicture(0, 4))).toBe('smooth');
  });

  test('is recognised through the noise of a codec', () => {
    expect(inputKindOf(aliasedPicture(12))).toBe('aliased');
    expect(inputKindOf(smoothPicture(12))).toBe('smooth');
  });

  test('is certain where most edges say so, and may be either where few do', () => {
    expect(possibleKindsOf(aliasedPicture())).toEqual(['aliased']);
    expect(possibleKindsOf(smoothPicture())).toEqual(['smooth']);
    const even = { width: 64, height: 36, data: new Uint8ClampedArray(64 * 36 * 4).fill(90) };
    expect(possibleKindsOf(even)).toEqual(['smooth', 'aliased']);
  });

  test('is smooth where there are no edges', () => {
    expect(inputKindOf({ width: 3, height: 2, data: new Uint8ClampedArray(24) })).toBe('smooth');
    expect(inputKindOf({ width: 64, height: 36, data: new Uint8ClampedArray(64 * 36 * 4).fill(90) })).toBe('smooth');
  });
});

test('one odd picture changes nothing, two in a row do', () => {
  const tracker = new InputKindTracker();
  expect(tracker.kind).toBeNull();
  expect(tracker.inspect(aliasedPicture())).toBe('aliased');
  expect(tracker.inspect(smoothPicture())).toBe('aliased');
  expect(tracker.inspect(aliasedPicture())).toBe('aliased');
  expect(tracker.inspect(smoothPicture())).toBe('aliased');
  expect(tracker.inspect(smoothPicture())).toBe('smooth');
  expect(tracker.kind).toBe('smooth');
});

test('only one picture of a stream in many is inspected', () => {
  const tracker = new InputKindTracker();
  const aliased = aliasedPicture();
  const smooth = smoothPicture();
  expect(tracker.of(aliased)).toBe('aliased');
  const kinds = Array.from({ length: 2 * FRAMES_BETWEEN_INSPECTIONS }, () => tracker.of(smooth));
  expect(kinds.indexOf('smooth')).toBe(2 * FRAMES_BETWEEN_INSPECTIONS - 1);
});
