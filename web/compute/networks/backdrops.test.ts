import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { finish, type PixelImage } from '../../../shared/tasks/definition.ts';
import { verifyTile } from '../../../shared/tasks/upscale.ts';
import { isOpaque } from '../../../shared/tasks/upscale-tile.ts';
import { rimsOf } from '../test-transparency.ts';
import { BLACK, compositeOver, matted, WHITE } from './backdrops.ts';

function picture(...pixels: readonly (readonly number[])[]): PixelImage {
  return { width: pixels.length, height: 1, data: Uint8Array.from(pixels.flat()) };
}

function laidOver(image: PixelImage, grey: number): Uint8Array {
  return finish(compositeOver(image, grey)).data;
}

/** Over both backdrops, and found again. */
function backAndForth(image: PixelImage): PixelImage {
  return { ...image, data: finish(matted(laidOver(image, BLACK), laidOver(image, WHITE), image.width)) };
}

test('a picture over black and over white is found again from the two: alpha exactly, colour as far as one can see it', () => {
  const random = seededRandom(3);
  const data = Uint8Array.from({ length: 4_000 }, () => Math.floor(random() * 256));
  const image = { width: 50, height: 20, data };
  const found = backAndForth(image);
  for (let i = 0; i < data.length; i++) {
    const alpha = data[i | 3] ?? 0;
    const difference = Math.abs((found.data[i] ?? 0) - (data[i] ?? 0));
    // Rounded twice, over black and over white.
    expect(i % 4 === 3 ? difference : (difference * alpha) / 255).toBeLessThanOrEqual(1);
  }
});

test('what is opaque or invisible stays so, and white and black of any alpha stay white and black', () => {
  const image = picture([9, 99, 199, 255], [255, 255, 255, 7], [0, 0, 0, 130], [255, 255, 255, 254]);
  expect([...backAndForth(image).data]).toEqual([...image.data]);
  expect([...backAndForth(picture([80, 90, 100, 0])).data]).toEqual([0, 0, 0, 0]);
});

test('where the channels of the two disagree, the error is shared between black and white', () => {
  const data = finish(matted(Uint8Array.of(100, 100, 130, 255), Uint8Array.of(160, 160, 160, 255), 1));
  const found = { width: 1, height: 1, data };
  expect(found.data[3]).toBe(205);
  expect([...laidOver(found, BLACK)]).toEqual([105, 105, 120, 255]);
  expect([...laidOver(found, WHITE)]).toEqual([155, 155, 170, 255]);
});

/** Checks a result against our own: one tile that is the whole picture. */
function isTrusted(source: PixelImage, ours: PixelImage, theirs: PixelImage): boolean {
  const span = { from: 0, length: source.width, outFrom: 0, outLength: ours.width, validFrom: 0, validTo: ours.width };
  const rows = { length: source.height, outLength: ours.height, validTo: ours.height };
  const check = verifyTile('fast', { across: span, down: { ...span, ...rows } }, Uint8Array.from(source.data), theirs);
  check.next();
  try {
    return check.next({ value: null, attachments: [Uint8Array.from(ours.data)] }).done === true;
  } catch {
    return false;
  }
}

/** What a backend might make of a picture: each of its channels over black and white is off by -2 to 2. */
function computedWithErrors(doubled: PixelImage, random: () => number): PixelImage {
  const off = (data: PixelImage['data']) =>
    Uint8ClampedArray.from(data, (value, i) => (i % 4 === 3 ? 255 : value + Math.floor(random() * 5) - 2));
  return {
    ...doubled,
    data: finish(matted(off(laidOver(doubled, BLACK)), off(laidOver(doubled, WHITE)), doubled.width)),
  };
}

describe('a check of a translucent result', () => {
  const random = seededRandom(5);
  const noise = (width: number, alpha: () => number) => ({
    ...{ width, height: width },
    data: Uint8Array.from({ length: width * width * 4 }, (_, i) =>
      i % 4 === 3 ? alpha() : Math.floor(random() * 256),
    ),
  });
  const source = noise(32, () => Math.floor(random() * 255));

  test.each([
    ['of any alpha', () => Math.floor(random() * 256)],
    ['nearly transparent', () => Math.floor(random() * 9)],
    ['nearly opaque', () => 255 - Math.floor(random() * 4)],
  ])('trusts each of two backends whose errors are the largest allowed, %s', (_, alpha) => {
    for (let n = 0; n < 8; n++) {
      const doubled = noise(64, alpha);
      const [ours, theirs] = [computedWithErrors(doubled, random), computedWithErrors(doubled, random)];
      expect(isTrusted(source, ours, theirs)).toBe(true);
    }
  });

  const changed = (image: PixelImage, steps: number, channels: readonly number[]): PixelImage => ({
    ...image,
    // A hundredth of the pixels.
    data: Uint8ClampedArray.from(image.data, (value, i) =>
      (i >> 2) % 100 === 0 && channels.includes(i % 4) ? value + (value < 128 ? steps : -steps) : value,
    ),
  });

  test('finds a change that is seen over black or white, and none of colours that nobody sees', () => {
    const half = noise(64, () => 128);
    expect(isTrusted(source, half, changed(half, 20, [0, 1, 2]))).toBe(false);
    expect(isTrusted(source, half, changed(half, 20, [3]))).toBe(false);
    const faint = noise(64, () => 2);
    expect(isTrusted(source, faint, changed(faint, 100, [0, 1, 2]))).toBe(true);
    expect(isTrusted(source, faint, changed(faint, 20, [3]))).toBe(false);
  });

  test('allows the result of an opaque picture half of that, and no alpha', () => {
    const opaque = noise(64, () => 255);
    const from = noise(32, () => 255);
    expect(isTrusted(from, opaque, changed(opaque, 4, [0, 1, 2]))).toBe(true);
    expect(isTrusted(from, opaque, changed(opaque, 5, [0]))).toBe(false);
    expect(isTrusted(from, opaque, changed(opaque, 9, [3]))).toBe(false);
  });
});

test('other work may run between the rows of a picture', () => {
  const data = new Uint8Array(5 * 7 * 4);
  expect([...compositeOver({ width: 5, height: 7, data }, WHITE)]).toHaveLength(7);
  expect([...matted(data, data.slice(), 5)]).toHaveLength(7);
});

test('one pixel that is not opaque counts', () => {
  expect(isOpaque(picture([1, 2, 3, 255], [4, 5, 6, 255]))).toBe(true);
  expect(isOpaque(picture([1, 2, 3, 255], [4, 5, 6, 254]))).toBe(false);
});

test('the measure of rims sees those of colour that was sharpened while alpha was not', async () => {
  const size = { width: 72, height: 72 };
  const rims = await rimsOf(async (image) => {
    const data = new Uint8Array(72 * 72 * 4);
    for (let i = 0; i < 72 * 72; i++) {
      const from = ((Math.floor(i / 72) >> 1) * 36 + ((i % 72) >> 1)) * 4;
      const alpha = image.data[from + 3] ?? 0;
      // A steeper edge of the premultiplied colours.
      const steeper = (value = 0) => (value * alpha < 128 * 255 ? value >> 1 : value);
      data.set([steeper(image.data[from]), steeper(image.data[from + 1]), steeper(image.data[from + 2]), alpha], i * 4);
    }
    return { ...size, data };
  });
  expect(rims).toContainEqual(expect.stringMatching(/^a white disc over 255/));
});
