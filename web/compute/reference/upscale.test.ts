import { describe, expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { FILTERS, type Filter } from '../../../shared/tasks/upscale.ts';
import { halved, meanSquaredError, paintedPicture, psnrDb, writingPicture } from '../test-pictures.ts';
import { cubic, doubled } from '../test-resample.ts';
import { rimsOf } from '../test-transparency.ts';
import { bicubicWeights } from './bicubic.ts';
import { upscaleReference } from './upscale.ts';

function upscaled(image: PixelImage, ratioX: number, ratioY: number, quality: Filter): PixelImage {
  const outWidth = Math.round(image.width * ratioX);
  const outHeight = Math.round(image.height * ratioY);
  return { width: outWidth, height: outHeight, data: upscaleReference(image, { outWidth, outHeight, quality }) };
}

const RATIOS = [
  [1, 1],
  [1.5, 1.5],
  [2, 2],
  [3, 3],
  [4, 4],
  [1, 4],
  [2.5, 1],
] as const;

describe.each(FILTERS)('%s', (quality) => {
  test.each(RATIOS)('one colour stays one colour at %s x %s, at odd sizes too', (ratioX, ratioY) => {
    for (const [width, height] of [
      [1, 1],
      [17, 5],
    ] as const) {
      const data = new Uint8Array(width * height * 4).map((_, i) => [200, 10, 90, 128][i % 4] ?? 0);
      const result = upscaled({ width, height, data }, ratioX, ratioY, quality);
      expect(result.data.every((value, i) => value === data[i % 4])).toBe(true);
    }
  });

  test('a picture is centred: a mirrored input gives a mirrored output', () => {
    const image = paintedPicture(17, 5);
    const mirrored = mirror(image);
    expect(largest(mirror(upscaled(image, 2, 3, quality)), upscaled(mirrored, 2, 3, quality))).toBeLessThanOrEqual(1);
  });

  test('the colours of transparent pixels do not bleed', () => {
    // Green, then invisible pure red.
    const data = new Uint8Array(8 * 4 * 4).map((_, i) => {
      const isSeen = (i >> 2) % 8 < 4;
      return (isSeen ? [0, 200, 0, 255] : [255, 0, 0, 0])[i % 4] ?? 0;
    });
    const result = upscaled({ width: 8, height: 4, data }, 2, 2, quality);
    for (let i = 0; i < result.data.length; i += 4) {
      if ((result.data[i + 3] ?? 0) === 0) continue;
      expect([result.data[i], result.data[i + 1]]).toEqual([0, 200]);
    }
    expect(result.data.some((value, i) => i % 4 === 3 && value > 0 && value < 255)).toBe(true);
  });

  test.each([1.5, 2, 3])('a transparent picture gets no rim at %s, whatever it is laid over', async (ratio) => {
    expect(await rimsOf(async (image) => upscaled(image, ratio, ratio, quality))).toEqual([]);
  });

  test('a frame of 853x480 becomes 1280x720', () => {
    const result = upscaled(paintedPicture(853, 480), 1280 / 853, 1.5, quality);
    expect([result.width, result.height, result.data.length]).toEqual([1280, 720, 1280 * 720 * 4]);
  });
});

test.each(['bilinear', 'bicubic'] as const)('%s at the same size is a copy, including invisible colours', (quality) => {
  const image = paintedPicture(17, 5);
  expect([...upscaled(image, 1, 1, quality).data]).toEqual([...image.data]);
});

test('bilinear doubles a step through a quarter and three quarters', () => {
  const data = new Uint8Array([0, 0, 0, 255, 200, 200, 200, 255]);
  const result = upscaled({ width: 2, height: 1, data }, 2, 1, 'bilinear');
  expect([0, 4, 8, 12].map((i) => result.data[i])).toEqual([0, 50, 150, 200]);
});

describe('bicubic', () => {
  test('doubles by the weights of cubic convolution with a = -0.5, multiples of 1/128', () => {
    expect(bicubicWeights(0.25).map((weight) => weight * 128)).toEqual([-9, 111, 29, -3]);
    expect(bicubicWeights(0.75).map((weight) => weight * 128)).toEqual([-3, 29, 111, -9]);
  });

  test('equals cubic convolution computed pixel by pixel, borders included', () => {
    const image = { ...paintedPicture(23, 11) };
    image.data = image.data.map((value, i) => (i % 4 === 3 ? 255 : value));
    const expected = doubled(image, cubic(-0.5));
    expect(largest(upscaled(image, 2, 2, 'bicubic'), expected)).toBeLessThanOrEqual(1);
  });

  test('overshoots beside an edge, and is clamped at black and white', () => {
    const edge = (dark: number, light: number) => {
      const data = new Uint8Array(8 * 4).map((_, i) => (i % 4 === 3 ? 255 : i < 16 ? dark : light));
      return [...upscaled({ width: 8, height: 1, data }, 2, 1, 'bicubic').data.filter((_, i) => i % 4 === 0)];
    };
    expect(edge(100, 228).slice(5, 11)).toEqual([97, 91, 126, 202, 237, 231]);
    expect(edge(0, 255).slice(5, 11)).toEqual([0, 0, 52, 203, 255, 255]);
  });

  test('restores more than bilinear', () => {
    const original = paintedPicture(256, 128);
    const small = halved(original);
    const bicubic = psnrDb(upscaled(small, 2, 2, 'bicubic'), original);
    expect(bicubic).toBeGreaterThan(psnrDb(upscaled(small, 2, 2, 'bilinear'), original) + 0.5);
  });
});

describe('spatial', () => {
  test.each([
    ['writing', writingPicture(256, 128)],
    ['edges and slopes', paintedPicture(256, 128)],
  ])('restores more of %s than bilinear', (_, original) => {
    const small = halved(original);
    const spatial = psnrDb(upscaled(small, 2, 2, 'spatial'), original);
    expect(spatial).toBeGreaterThan(psnrDb(upscaled(small, 2, 2, 'bilinear'), original) + 0.5);
  });

  test.each([1.5, 2, 3, 4])('does not ring at %s: no pixel leaves the range of its neighbourhood by much', (ratio) => {
    const image = writingPicture(64, 48);
    const result = upscaled(image, ratio, ratio, 'spatial');
    expect(farthestOutside(result, image, ratio)).toBeLessThanOrEqual(0.1 * 255);
  });

  test('a straight edge between two greys stays between them within a small margin', () => {
    const data = new Uint8Array(16 * 16 * 4).map((_, i) => (i % 4 === 3 ? 255 : (i >> 2) % 16 < 8 ? 80 : 160));
    const { data: sharp } = upscaled({ width: 16, height: 16, data }, 2, 2, 'spatial');
    const greys = sharp.filter((_, i) => i % 4 === 0);
    expect(Math.min(...greys)).toBeGreaterThanOrEqual(80 - 8);
    expect(Math.max(...greys)).toBeLessThanOrEqual(160 + 8);
  });

  test('is steeper across an edge than bilinear', () => {
    const original = writingPicture(128, 64);
    const small = halved(original);
    const flat = new Uint8Array(original.data.length).fill(128);
    const asPicture = { ...original, data: flat };
    const contrast = (picture: PixelImage) => meanSquaredError(picture, asPicture);
    expect(contrast(upscaled(small, 2, 2, 'spatial'))).toBeGreaterThan(
      contrast(upscaled(small, 2, 2, 'bilinear')) * 1.05,
    );
  });
});

function mirror({ width, height, data }: PixelImage): PixelImage {
  const mirrored = data.map((_, i) => {
    const pixel = i >> 2;
    const x = width - 1 - (pixel % width);
    return data[(Math.floor(pixel / width) * width + x) * 4 + (i % 4)] ?? 0;
  });
  return { width, height, data: mirrored };
}

function largest(a: PixelImage, b: PixelImage): number {
  return Math.max(...Array.from(a.data, (value, i) => Math.abs(value - (b.data[i] ?? 0))));
}

/** 8-bit steps by which the result leaves the range of the input's 5x5 pixels around it. */
function farthestOutside(result: PixelImage, input: PixelImage, ratio: number): number {
  let farthest = 0;
  for (let i = 0; i < result.data.length; i++) {
    const x = Math.floor(((i >> 2) % result.width) / ratio);
    const y = Math.floor(Math.floor((i >> 2) / result.width) / ratio);
    let least = 255;
    let most = 0;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const nearX = Math.min(Math.max(x + dx, 0), input.width - 1);
        const nearY = Math.min(Math.max(y + dy, 0), input.height - 1);
        const value = input.data[(nearY * input.width + nearX) * 4 + (i % 4)] ?? 0;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    const value = result.data[i] ?? 0;
    farthest = Math.max(farthest, least - value, value - most);
  }
  return farthest;
}
