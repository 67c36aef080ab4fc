import type { PixelImage } from '../../shared/tasks/definition.ts';
import type { Features } from './networks/reference-network.ts';

/** Width and height of pictures smaller than a tile, not square, and odd: where borders are what goes wrong. */
export const ODD_SIZES = [
  [1, 1],
  [2, 3],
  [17, 5],
  [5, 16],
  [33, 21],
] as const;

/** Hard edges in every direction, gradients and transparent parts: what kernels get wrong. */
export function paintedPicture(width: number, height: number): PixelImage {
  return paint(width, height, (x, y) => {
    const isInDisc = (x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2;
    const isInBar = Math.abs(x * 0.6 - y - width * 0.25) < height / 12;
    const alpha = x > width * 0.8 ? Math.round((y * 255) / height) : 255;
    return [isInDisc ? 230 : 30, Math.round((x * 255) / width), isInBar ? 250 : 60, alpha];
  });
}

/** Opaque, as the frames of a decoder are. */
export function opaque({ width, height, data }: PixelImage): PixelImage & { data: Uint8Array<ArrayBuffer> } {
  return { width, height, data: Uint8Array.from(data, (value, i) => (i % 4 === 3 ? 255 : value)) };
}

/** Dark strokes two to four pixels wide on white, straight and slanted, like letters. */
export function writingPicture(width: number, height: number): PixelImage {
  return paint(width, height, (x, y) => {
    const column = x % 16;
    const row = y % 24;
    const isUpright = row > 3 && row < 20 && column > 2 && column < 6;
    const isSlanted = row > 3 && row < 20 && Math.abs(column - 4 - (row - 4) / 2) < 1.6;
    const isFoot = row > 16 && row < 20 && column > 2 && column < 13;
    return isUpright || isSlanted || isFoot ? [20, 24, 40, 255] : [250, 250, 240, 255];
  });
}

/** The box average of 2x2 pixels, as a good renderer shows a small picture. Both sides must be even. */
export function halved({ width, height, data }: PixelImage): PixelImage {
  const at = (x: number, y: number, channel: number) => data[(y * width + x) * 4 + channel] ?? 0;
  return paint(width / 2, height / 2, (x, y) => {
    const average = (channel: number) =>
      Math.round(
        (at(2 * x, 2 * y, channel) +
          at(2 * x + 1, 2 * y, channel) +
          at(2 * x, 2 * y + 1, channel) +
          at(2 * x + 1, 2 * y + 1, channel)) /
          4,
      );
    return [average(0), average(1), average(2), average(3)];
  });
}

export function meanSquaredError(a: PixelImage, b: PixelImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += ((a.data[i] ?? 0) - (b.data[i] ?? 0)) ** 2;
  return sum / a.data.length;
}

/** Peak signal-to-noise ratio of 8-bit pictures, dB. */
export function psnrDb(a: PixelImage, b: PixelImage): number {
  return 10 * Math.log10(255 ** 2 / meanSquaredError(a, b));
}

function paint(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly [number, number, number, number],
): PixelImage {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(color(x, y), (y * width + x) * 4);
  }
  return { width, height, data };
}

const WIDTH = 160;
const HEIGHT = 90;

/** A scene of discs and a gradient, each pixel the mean of four samples. */
export function scenePicture() {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const value =
        [0, 1, 2, 3].reduce((sum, n) => sum + sceneAt(x + 0.25 + 0.5 * (n % 2), y + 0.25 + 0.5 * (n >> 1)), 0) / 4;
      data.set([value, value, value, 255], (y * WIDTH + x) * 4);
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function sceneAt(x: number, y: number): number {
  const disc = Math.hypot((x % 40.7) - 20, (y % 30.3) - 15) < 11.4 ? 200 : 60;
  return disc + x * 0.1;
}

/** Compares premultiplied colours: those of nearly transparent pixels are noise. */
export function largestVisibleDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const weight = (of: ArrayLike<number>) => (i % 4 === 3 ? 1 : (of[i | 3] ?? 0) / 255);
    largest = Math.max(largest, Math.abs((a[i] ?? 0) * weight(a) - (b[i] ?? 0) * weight(b)));
  }
  return largest;
}

/** Three channels of 0..1 as RGBA8. */
export function withAlpha({ width, height, data }: Features): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) pixels[Math.floor(i / 3) * 4 + (i % 3)] = (data[i] ?? 0) * 255;
  return pixels;
}
