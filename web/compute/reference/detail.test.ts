import { expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { FILTERS } from '../../../shared/tasks/upscale.ts';
import { opaque, paintedPicture } from '../test-pictures.ts';
import { detailRows } from './detail.ts';
import { upscaleReference } from './upscale.ts';

const CODING = { base: 'bicubic', gain: 4, deadZone: 1 } as const;

function flat(width: number, height: number, color: readonly number[]): PixelImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 4 }, (_, i) => color[i % 4] ?? 0) };
}

function codesOf(source: PixelImage, sharp: PixelImage, coding = {}): number[] {
  const codes = new Uint8Array(sharp.width * sharp.height);
  expect([...detailRows(source, sharp, { ...CODING, ...coding }, codes)].at(-1)).toBe(sharp.height);
  return [...codes];
}

/** The code where a grey becomes another one. */
function codeFor(steps: number, coding = {}): number | undefined {
  const codes = codesOf(
    flat(2, 2, [120, 120, 120, 255]),
    flat(
      4,
      4,
      [120, 120, 120, 255].map((v, i) => (i < 3 ? v + steps : v)),
    ),
    coding,
  );
  expect(new Set(codes).size).toBe(1);
  return codes[0];
}

test('detail is coded as luma codes around 128, as many for one 8-bit level as the gain says', () => {
  expect([codeFor(3), codeFor(-3), codeFor(10), codeFor(3, { gain: 1 }), codeFor(-3, { gain: 2.4 })]).toEqual([
    ...[140, 116, 168, 131, 121],
  ]);
});

test('codes stay within 21..235, whatever the difference is', () => {
  expect([codeFor(26), codeFor(27), codeFor(135), codeFor(-26), codeFor(-27), codeFor(-120)]).toEqual([
    ...[232, 235, 235, 24, 21, 21],
  ]);
});

test('differences within the dead zone are not sent, larger ones are sent whole', () => {
  expect([2, 3, 4, -2, -3, -4].map((steps) => codeFor(steps, { deadZone: 2.9 }))).toEqual([
    128, 140, 144, 128, 116, 112,
  ]);
});

test('luma weighs the colours as BT.709 does, and a translucent pixel by its alpha', () => {
  const source = flat(1, 1, [100, 100, 100, 255]);
  const codeOf = (color: number[]) => codesOf(source, flat(1, 1, color), { deadZone: 0 })[0];
  expect([codeOf([120, 100, 100, 255]), codeOf([100, 120, 100, 255]), codeOf([100, 100, 120, 255])]).toEqual([
    128 + Math.round(80 * 0.2126),
    128 + Math.round(80 * 0.7152),
    128 + Math.round(80 * 0.0722),
  ]);
  expect(codesOf(flat(1, 1, [100, 100, 100, 51]), flat(1, 1, [200, 200, 200, 51]))).toEqual([128 + 4 * 20]);
});

test.each(FILTERS)('a flat picture has no detail after %s, at any ratio, even without a dead zone', (quality) => {
  for (const [outWidth, outHeight] of [
    [14, 10],
    [11, 8],
    [10, 7],
    [7, 5],
    [28, 20],
  ] as const) {
    for (const color of [
      [255, 255, 255, 255],
      [0, 0, 0, 255],
      [37, 201, 90, 255],
      [200, 30, 99, 77],
    ]) {
      const source = flat(7, 5, color);
      const sharp = {
        width: outWidth,
        height: outHeight,
        data: upscaleReference(source, { outWidth, outHeight, quality }),
      };
      expect(new Set(codesOf(source, sharp, { deadZone: 0, gain: 16 }))).toEqual(new Set([128]));
    }
  }
});

test('the base itself has no detail, although it was rounded, at 2x, 1.5x and 1x', () => {
  const source = opaque(paintedPicture(34, 20));
  for (const [outWidth, outHeight] of [
    [68, 40],
    [51, 30],
    [34, 20],
  ] as const) {
    const target = { outWidth, outHeight, quality: 'bicubic' } as const;
    const sharp = { width: outWidth, height: outHeight, data: upscaleReference(source, target) };
    expect(new Set(codesOf(source, sharp, { deadZone: 0, gain: 16 }))).toEqual(new Set([128]));
  }
});

test('added to the base, the codes give the luma of the sharp picture again where they are not clipped', () => {
  const source = opaque(paintedPicture(34, 20));
  const at = { outWidth: 51, outHeight: 30 };
  const sharp = upscaleReference(source, { ...at, quality: 'spatial' });
  const base = upscaleReference(source, { ...at, quality: 'bicubic' });
  const codes = codesOf(source, { width: 51, height: 30, data: sharp });
  const luma = (data: Uint8ClampedArray, n: number) =>
    0.2126 * (data[n * 4] ?? 0) + 0.7152 * (data[n * 4 + 1] ?? 0) + 0.0722 * (data[n * 4 + 2] ?? 0);
  const unclipped = codes.map((code, n) => ({ code, n })).filter(({ code }) => code > 21 && code < 235);
  expect(unclipped.length).toBeGreaterThan(codes.length / 2);
  for (const { code, n } of unclipped) {
    // The base that is compared here was rounded; the dead zone, or else half a code, is lost.
    const lost = 0.5 + (code === 128 ? CODING.deadZone : 0.5 / CODING.gain);
    expect(Math.abs(luma(base, n) + (code - 128) / CODING.gain - luma(sharp, n))).toBeLessThanOrEqual(lost);
  }
});
