import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { NetworkShape } from '../models/manifest.ts';

/** Rows of a picture for one run of a network: rows `from` to `to` are read, and the result is right for rows `first` to `last`. */
export interface Band {
  from: number;
  to: number;
  first: number;
  last: number;
}

/** Largest share of the rows read that may be halo, since those rows are computed twice. */
const MAX_HALO_SHARE = 1 / 8;

/**
 * Cuts a picture into bands whose results fit together without a seam: rows that a cut makes wrong are computed and left out. The memory
 * that a network takes then does not grow with the picture, and other work can run between two bands.
 */
export function bandsOf(
  { width, height }: { width: number; height: number },
  network: NetworkShape,
  maxPixels: number,
): Band[] {
  const halo = haloOf(network);
  const least = (2 * halo) / MAX_HALO_SHARE - 2 * halo;
  const rows = Math.max(least, Math.floor(maxPixels / width), 1);
  const count = Math.max(1, Math.ceil(height / rows));
  const share = Math.ceil(height / count);
  const bands: Band[] = [];
  for (let first = 0; first < height; first += share) {
    const last = Math.min(first + share, height);
    bands.push({ from: Math.max(0, first - halo), to: Math.min(last + halo, height), first, last });
  }
  return bands;
}

/** Source pixels on each side that a result depends on: one for each 3x3 convolution. */
export function haloOf({ widths }: NetworkShape): number {
  return widths.length - 1;
}

/** A band as a tensor: red, green and blue planes one after another. */
export interface Planes {
  width: number;
  height: number;
  data: Float32Array;
}

/** Bytes as 0..1: a look-up costs less than a division. */
const UNIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** Converts straight RGBA8 to premultiplied planes. */
export function toPlanes(image: PixelImage, { from }: Band, { width, height, data }: Planes): void {
  const pixels = image.data;
  const plane = width * height;
  for (let y = 0; y < height; y++) {
    const row = (from + y) * image.width * 4;
    let at = y * width;
    for (let x = 0; x < width; x++, at++) {
      const pixel = row + x * 4;
      const alpha = pixels[pixel + 3] ?? 0;
      const opacity = alpha === 255 ? 1 : (UNIT[alpha] ?? 0);
      data[at] = (UNIT[pixels[pixel] ?? 0] ?? 0) * opacity;
      data[at + plane] = (UNIT[pixels[pixel + 1] ?? 0] ?? 0) * opacity;
      data[at + 2 * plane] = (UNIT[pixels[pixel + 2] ?? 0] ?? 0) * opacity;
    }
  }
}

/**
 * Converts a band's premultiplied planes, at twice the size and not clamped, to the rows of `out` that are right: straight RGBA8 with the
 * source's alpha, bilinear.
 */
export function fromPlanes(
  { width, height, data }: Planes,
  image: PixelImage,
  band: Band,
  isOpaque: boolean,
  out: Uint8ClampedArray,
): void {
  const outWidth = image.width * 2;
  const plane = width * height;
  const alphas = new Float32Array(outWidth);
  for (let y = 2 * band.first; y < 2 * band.last; y++) {
    const at = (y - 2 * band.from) * width;
    const row = y * outWidth * 4;
    if (isOpaque) {
      writeOpaque(data, at, plane, out, row, outWidth);
    } else {
      alphaRow(image, y, alphas);
      writeStraight(data, at, plane, alphas, out, row);
    }
  }
}

export function isOpaque({ data }: PixelImage): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

/** A Uint8ClampedArray rounds and clamps. */
function writeOpaque(
  data: Float32Array,
  start: number,
  plane: number,
  out: Uint8ClampedArray,
  row: number,
  outWidth: number,
): void {
  let to = row;
  for (let at = start; at < start + outWidth; at++, to += 4) {
    out[to] = (data[at] ?? 0) * 255;
    out[to + 1] = (data[at + plane] ?? 0) * 255;
    out[to + 2] = (data[at + 2 * plane] ?? 0) * 255;
    out[to + 3] = 255;
  }
}

function writeStraight(
  data: Float32Array,
  start: number,
  plane: number,
  alphas: Float32Array,
  out: Uint8ClampedArray,
  row: number,
): void {
  for (let x = 0; x < alphas.length; x++) {
    const alpha = alphas[x] ?? 0;
    // Below a tenth of an 8-bit step the colour is noise. Values above alpha are clamped to 255 after the division.
    const scale = alpha > 1 / 2550 ? 255 / alpha : 0;
    const at = start + x;
    const to = row + x * 4;
    out[to] = (data[at] ?? 0) * scale;
    out[to + 1] = (data[at + plane] ?? 0) * scale;
    out[to + 2] = (data[at + 2 * plane] ?? 0) * scale;
    out[to + 3] = alpha * 255;
  }
}

/** A row of the alpha at twice the size, 0..1. */
function alphaRow({ width, height, data }: PixelImage, y: number, out: Float32Array): void {
  const top = Math.floor((y - 1) / 2);
  const below = y % 2 === 0 ? 0.75 : 0.25;
  const upper = Math.max(top, 0) * width;
  const lower = Math.min(top + 1, height - 1) * width;
  const between = (x: number) =>
    (UNIT[data[(upper + x) * 4 + 3] ?? 0] ?? 0) * (1 - below) + (UNIT[data[(lower + x) * 4 + 3] ?? 0] ?? 0) * below;
  let left = between(0);
  let here = left;
  for (let x = 0; x < width; x++) {
    const right = between(Math.min(x + 1, width - 1));
    out[2 * x] = left * 0.25 + here * 0.75;
    out[2 * x + 1] = here * 0.75 + right * 0.25;
    left = here;
    here = right;
  }
}
