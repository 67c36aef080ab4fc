import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { NetworkShape } from '../models/manifest.ts';

/** Rows of a picture for one run of a network: rows `from` to `to` are read, and the result is right for rows `first` to `last`. */
export interface Band {
  from: number;
  to: number;
  first: number;
  last: number;
}

/** Half precision takes half of it, and has room to spare then. */
const FLOAT32_BYTES = 4;

/** Largest share of the rows read that may be halo, since those rows are computed twice. */
const MAX_HALO_SHARE = 1 / 8;

/** How large bands may be. */
export interface BandLimits {
  /** Source pixels whose results a band should give. */
  pixels: number;
  /** Most bytes of a tensor; a band's widest must not exceed it, whatever is computed twice for that. Default: any number. */
  tensorBytes?: number;
}

/**
 * Cuts a picture into bands whose results fit together without a seam: rows that a cut makes wrong are computed and left out. The memory
 * that a network takes then does not grow with the picture, and other work can run between two bands. Empty where a single row is too large.
 */
export function bandsOf(
  { width, height }: { width: number; height: number },
  network: NetworkShape,
  { pixels, tensorBytes = Number.POSITIVE_INFINITY }: BandLimits,
): Band[] {
  const halo = haloOf(network);
  const least = (2 * halo) / MAX_HALO_SHARE - 2 * halo;
  const rowsRead = Math.floor(tensorBytes / (width * channelsOf(network) * FLOAT32_BYTES));
  // Without a cut no row is read twice.
  const most = rowsRead >= height ? height : rowsRead - 2 * halo;
  if (most < 1) return [];
  const rows = Math.min(Math.max(least, Math.floor(pixels / width), 1), most);
  const count = Math.max(1, Math.ceil(height / rows));
  const share = Math.ceil(height / count);
  const bands: Band[] = [];
  for (let first = 0; first < height; first += share) {
    const last = Math.min(first + share, height);
    bands.push({ from: Math.max(0, first - halo), to: Math.min(last + halo, height), first, last });
  }
  return bands;
}

/** Channels of the widest tensor, counted at the source's size: doubled red, green and blue are twelve. */
function channelsOf({ widths }: NetworkShape): number {
  return Math.max(12, ...widths);
}

/** Source pixels on each side that a result depends on: one for each 3x3 convolution. */
export function haloOf({ widths }: NetworkShape): number {
  return widths.length - 1;
}

/** A band as a tensor: red, green and blue planes one after another. */
export interface ColorPlanes {
  width: number;
  height: number;
  data: Float32Array;
}

/** Bytes as 0..1: a look-up costs less than a division. */
const UNIT = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** Converts opaque RGBA8 to planes. */
export function toPlanes(image: PixelImage, { from }: Band, { width, height, data }: ColorPlanes): void {
  const pixels = image.data;
  const plane = width * height;
  let pixel = from * image.width * 4;
  for (let at = 0; at < plane; at++, pixel += 4) {
    data[at] = UNIT[pixels[pixel] ?? 0] ?? 0;
    data[at + plane] = UNIT[pixels[pixel + 1] ?? 0] ?? 0;
    data[at + 2 * plane] = UNIT[pixels[pixel + 2] ?? 0] ?? 0;
  }
}

/**
 * Converts a band's planes, at twice the size and not clamped, to the rows of `out` that are right: opaque RGBA8. A Uint8ClampedArray rounds
 * and clamps.
 */
export function fromPlanes(
  { width, height, data }: ColorPlanes,
  { from, first, last }: Band,
  out: Uint8ClampedArray,
): void {
  const plane = width * height;
  const end = 2 * (last - from) * width;
  let to = 2 * first * width * 4;
  for (let at = 2 * (first - from) * width; at < end; at++, to += 4) {
    out[to] = (data[at] ?? 0) * 255;
    out[to + 1] = (data[at + plane] ?? 0) * 255;
    out[to + 2] = (data[at + 2 * plane] ?? 0) * 255;
    out[to + 3] = 255;
  }
}
