import { expect, test } from 'vitest';
import { MAX_ADDED_LEVELS, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { upscaleReference } from '../../compute/reference/upscale.ts';
import { opaque, paintedPicture } from '../../compute/test-pictures.ts';
import type { AppliedDetail } from './composer.ts';
import { addedSteps, checkComposition, composePixels } from './composition.ts';
import { removeNearChange, tilesNearChange } from './still-tiles.ts';

const OUT = { width: 48, height: 32 };
const SCALE = { gain: 4, weight: 0.7, deadZoneCodes: 1 };
const picture = opaque(paintedPicture(24, 16));

function detail(changes: Partial<AppliedDetail> = {}): AppliedDetail {
  const codes = new Uint8Array(OUT.width * OUT.height).fill(NO_DETAIL_CODE);
  return { codes, ...SCALE, of: { width: 24, height: 16, dispose: () => {} }, ...changes };
}

test('a flat 128 adds exactly nothing', () => {
  const base = upscaleReference(picture, { outWidth: 48, outHeight: 32, quality: 'bicubic' });
  expect(composePixels(picture, detail().codes, { gain: 1, weight: 1, deadZoneCodes: 0 }, OUT)).toEqual(base);
});

test('detail is the same to red, green and blue, scaled by weight and gain, and limited to what a colour can be', () => {
  const flat: PixelImage = {
    ...{ width: 2, height: 1 },
    data: Uint8Array.from([100, 120, 250, 255, 5, 120, 140, 255]),
  };
  const codes = Uint8Array.from([128 + 40, 128 - 100]);
  const pixels = composePixels(flat, codes, { gain: 4, weight: 0.8, deadZoneCodes: 0 }, { width: 2, height: 1 });
  expect([...pixels]).toEqual([108, 128, 255, 255, 0, 100, 120, 255]);
});

test.each([
  { gain: 1.5, weight: 0.85 },
  { gain: 2, weight: 0.85 },
  { gain: 1, weight: 4 },
  { gain: 16, weight: 4 },
])('no code changes a pixel by more than the bound: %o', (scale) => {
  const added = Array.from({ length: 256 }, (_, code) => addedSteps(code, { ...scale, deadZoneCodes: 0 }));
  expect(Math.max(...added)).toBeLessThanOrEqual(MAX_ADDED_LEVELS);
  expect(Math.min(...added)).toBeGreaterThanOrEqual(-MAX_ADDED_LEVELS);
  expect(added).toEqual(added.toSorted((a, b) => a - b));
});

test('codes that no honest volunteer sends count as the last one that it does', () => {
  const scale = { gain: 4, weight: 0.7, deadZoneCodes: 0 };
  expect([0, 20, 236, 255].map((code) => addedSteps(code, scale))).toEqual(
    [21, 21, 235, 235].map((code) => addedSteps(code, scale)),
  );
});

test('noise inside the dead zone adds nothing', () => {
  const codes = detail().codes.map((code, i) => code - 1 + (i % 3));
  const base = composePixels(picture, null, SCALE, OUT);
  expect(composePixels(picture, codes, { ...SCALE, gain: 1, weight: 1 }, OUT)).toEqual(base);
});

test.each<[string, Partial<AppliedDetail>, string]>([
  ['of another size', { codes: new Uint8Array(48 * 32 - 1) }, 'malformed'],
  ['without a gain', { gain: 0 }, 'bad-input'],
  ['with a gain that is no number', { gain: Number.NaN }, 'bad-input'],
  ['with an endless weight', { weight: Number.POSITIVE_INFINITY }, 'bad-input'],
  ['with a negative dead zone', { deadZoneCodes: -1 }, 'bad-input'],
])('detail %s is refused', (_, changes, reason) => {
  expect(() => checkComposition(picture, detail(changes), OUT)).toThrow(expect.objectContaining({ reason }));
});

test('a target of another ratio than 1 to 4 is refused', () => {
  for (const out of [
    { width: 23, height: 32 },
    { width: 48, height: 65 },
  ]) {
    expect(() => checkComposition(picture, null, out)).toThrow(expect.objectContaining({ reason: 'bad-input' }));
  }
});

test('detail of another picture stays where all source pixels within eight are the same, and only there', () => {
  const size = { width: 53, height: 37 };
  const out = { width: 106, height: 74 };
  const before = opaque(paintedPicture(size.width, size.height));
  const after = { ...before, data: before.data.slice() };
  const changedAt = { x: 20, y: 17 };
  after.data[(changedAt.y * size.width + changedAt.x) * 4 + 1] = 99;
  const codes = new Uint8Array(out.width * out.height).fill(200);
  const still = codes.slice();
  removeNearChange(still, tilesNearChange(before, after), size, out);
  const awayOf = (i: number) => {
    const x = Math.floor((i % out.width) / 2);
    const y = Math.floor(i / out.width / 2);
    return Math.max(Math.abs(x - changedAt.x), Math.abs(y - changedAt.y));
  };
  expect(new Set(still.filter((_, i) => awayOf(i) <= 8))).toEqual(new Set([NO_DETAIL_CODE]));
  // Whatever is farther away than two tiles is not touched.
  expect(new Set(still.filter((_, i) => awayOf(i) > 16))).toEqual(new Set([200]));
  expect(tilesNearChange(before, before).count).toBe(0);
});

test('where a whole picture moved, all its tiles have', () => {
  const moved = { ...picture, data: picture.data.map((value, i) => (i % 4 === 3 ? value : 255 - value)) };
  const { count, isNearChange } = tilesNearChange(picture, moved);
  expect(count).toBe(isNearChange.length);
});
