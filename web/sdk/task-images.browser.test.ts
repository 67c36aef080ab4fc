import { afterEach, describe, expect, test, vi } from 'vitest';
import { colorSpaceOf, type Painting, rgbFrame, yuvFrame } from '../compute/painted-frames.ts';
import { withPixels } from './task-images.ts';
import type { ImageInput } from './task-types.ts';

const SIZE = { width: 64, height: 48 };
/** `color(display-p3 0.8 0.3 0.2)`: as 8-bit values of that space, and as CSS converts it to sRGB. */
const P3 = [204, 77, 51, 255] as const;
const P3_AS_SRGB = [221, 64, 37, 255];

const RED = [220, 40, 40] as const;
const BLUE = [40, 60, 220] as const;
const GREEN = [30, 200, 60] as const;
/** Red at the top left, blue at the top right, green below. */
const corners: Painting = (x, y) => (y >= 24 ? GREEN : x < 32 ? RED : BLUE);
const srgb = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });

afterEach(() => vi.restoreAllMocks());

function pixelsOf(image: ImageInput) {
  const { image: read } = withPixels({ image });
  return {
    ...read,
    at: (x: number, y: number) => [...read.data.subarray((y * read.width + x) * 4, (y * read.width + x) * 4 + 4)],
  };
}

function expectNear(pixel: readonly number[], colour: readonly number[], tolerance: number): void {
  for (const [n, value] of colour.entries()) expect(Math.abs((pixel[n] ?? -99) - value)).toBeLessThanOrEqual(tolerance);
}

function p3Canvas(options: object = {}): OffscreenCanvas {
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const context = canvas.getContext('2d', {
    colorSpace: 'display-p3',
    ...options,
  }) as OffscreenCanvasRenderingContext2D;
  context.fillStyle = 'color(display-p3 0.8 0.3 0.2)';
  context.fillRect(0, 0, SIZE.width, SIZE.height);
  return canvas;
}

const p3Pixels = () =>
  new ImageData(new Uint8ClampedArray(Array.from({ length: 16 }, (_, n) => P3[n % 4] ?? 0)), 2, 2, {
    colorSpace: 'display-p3',
  });
/** TypeScript's types are older than pixels of 16 bits. */
const sixteenBits = { pixelFormat: 'rgba-float16' } as ImageDataSettings;

describe('pixels of a wide gamut or of more than 8 bits are converted to sRGB', () => {
  test.each<[string, () => ImageInput | Promise<ImageInput>]>([
    ['ImageData in display-p3', p3Pixels],
    ['a canvas in display-p3', () => p3Canvas()],
    ['a canvas of 16 bits in display-p3', () => p3Canvas({ colorType: 'float16' })],
    ['a bitmap of a canvas in display-p3', () => createImageBitmap(p3Canvas())],
    ['a bitmap of ImageData in display-p3', () => createImageBitmap(p3Pixels())],
    ['a frame of a canvas in display-p3', () => new VideoFrame(p3Canvas(), { timestamp: 0 })],
    [
      'an RGB frame in display-p3',
      () =>
        rgbFrame(
          'RGBX',
          SIZE,
          colorSpaceOf('rgb', { fullRange: true, primaries: 'smpte432', transfer: 'iec61966-2-1' }),
          () => P3,
        ),
    ],
    [
      'ImageData of 16 bits in display-p3',
      () =>
        p3Canvas()
          .getContext('2d')
          ?.getImageData(0, 0, 2, 2, { ...sixteenBits, colorSpace: 'display-p3' }) as ImageData,
    ],
  ])('%s', async (_, make) => {
    const image = await make();
    expectNear(pixelsOf(image).at(1, 1), P3_AS_SRGB, 1);
    if (image instanceof VideoFrame) image.close();
  });

  test('ImageData of 16 bits in sRGB, clipped where it is brighter than white', () => {
    const image = new ImageData(2, 1, sixteenBits);
    image.data.set([0.5, 0.25, 1.5, 1]);
    expect(pixelsOf(image).at(0, 0)).toEqual([128, 64, 255, 255]);
  });

  test('a translucent picture in display-p3 keeps its alpha', () => {
    const image = p3Pixels();
    image.data[3] = 100;
    expectNear(pixelsOf(image).at(0, 0), [...P3_AS_SRGB.slice(0, 3), 100], 2);
  });

  test('HDR frames come out as the browser shows them, not as if their values were sRGB', () => {
    for (const transfer of ['pq', 'hlg']) {
      const frame = yuvFrame('I420', SIZE, colorSpaceOf('bt709', { primaries: 'bt2020', transfer }), () => [
        128, 128, 128,
      ]);
      const [red = 0, green = 0, blue = 0] = pixelsOf(frame).at(9, 9);
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThanOrEqual(2);
      expect(Math.abs(red - 60)).toBeGreaterThan(6);
      frame.close();
    }
  });

  test('8-bit sRGB pixels are taken as they are, also those that nobody sees', () => {
    const image = new ImageData(new Uint8ClampedArray([9, 8, 7, 0]), 1, 1);
    expect(withPixels({ image }).image).toBe(image);
  });
});

describe('a frame is read as any player shows it', () => {
  const [topLeft, topRight] = [
    [5, 5],
    [-5, 5],
  ] as const;
  test.each([
    ['a quarter turn', { rotation: 90 }, [48, 64], GREEN, RED],
    ['half a turn', { rotation: 180 }, [64, 48], GREEN, GREEN],
    ['three quarter turns', { rotation: 270 }, [48, 64], BLUE, GREEN],
    ['mirrored', { flip: true }, [64, 48], BLUE, RED],
    ['turned and mirrored', { rotation: 90, flip: true }, [48, 64], RED, GREEN],
    ['pixels twice as wide as high', { displayWidth: 128, displayHeight: 48 }, [128, 48], RED, BLUE],
    ['pixels that are not square, turned', { rotation: 90, displayWidth: 96, displayHeight: 48 }, [48, 96], GREEN, RED],
  ] as const)('%s', (_, extras, [width, height], left, right) => {
    const frame = rgbFrame('RGBX', SIZE, srgb, corners, extras);
    const image = pixelsOf(frame);
    frame.close();
    expect([image.width, image.height]).toEqual([width, height]);
    expectNear(image.at(topLeft[0], topLeft[1]), left, 2);
    expectNear(image.at(width + topRight[0], topRight[1]), right, 2);
  });
});

test('a large picture is read in bands that join', () => {
  const canvas = new OffscreenCanvas(4_200, 1_050);
  const context = canvas.getContext('2d');
  for (let y = 0; context && y < canvas.height; y++) {
    context.fillStyle = `rgb(${y % 256} ${y >> 8} 7)`;
    context.fillRect(0, y, canvas.width, 1);
  }
  const { at } = pixelsOf(canvas);
  for (let y = 0; y < canvas.height; y++) expect(at(4_199, y)).toEqual([y % 256, y >> 8, 7, 255]);
});

test.each([
  [20_000, 20_000, 'larger itself'],
  [33_000, 10, 'larger itself'],
  [6_000, 4_000, 'Choose a scale of at most 1.67'],
])('a picture of %ix%i that is too large is refused before a canvas is made', (width, height, message) => {
  const image = new OffscreenCanvas(width, height);
  const getContext = vi.spyOn(OffscreenCanvas.prototype, 'getContext');
  expect(() => withPixels({ image })).toThrow(
    expect.objectContaining({ reason: 'too-large', message: expect.stringContaining(message) }),
  );
  expect(getContext).not.toHaveBeenCalled();
});
