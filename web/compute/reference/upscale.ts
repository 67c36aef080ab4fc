import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { Filter, Quality } from '../../../shared/tasks/upscale.ts';
import { bicubicRow } from './bicubic.ts';
import { edgeAdaptiveRow, sharpenRow } from './edge-adaptive.ts';
import { type AxisSamples, axisSamples, PAD_LEFT, type SourceRow, SourceRows } from './source-rows.ts';

export interface UpscaleTarget {
  outWidth: number;
  outHeight: number;
  quality: Filter;
}

/**
 * The definition of `upscale` in plain TypeScript: every kernel is tested against it, and the `js` backend runs it. Any ratio from 1 to 4
 * on either axis, pixel centres aligned, borders clamped. Straight-alpha sRGB RGBA8 in and out; a fully transparent pixel comes out black.
 */
export function upscaleReference(image: PixelImage, target: UpscaleTarget): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(target.outWidth * target.outHeight * 4);
  for (const _row of upscaleRows(image, target, out)) {
    // Nothing to do between the rows.
  }
  return out;
}

/** A picture at twice its size. */
export function doubledByFilter({ width, height, data }: PixelImage, quality: Filter) {
  const [outWidth, outHeight] = [2 * width, 2 * height];
  const made = upscaleReference({ width, height, data }, { outWidth, outHeight, quality });
  return { width: outWidth, height: outHeight, data: made };
}

/**
 * As {@link upscaleReference}, row by row into `out`, so that the caller can yield between rows or stop. Yields the number of finished
 * rows.
 */
export function* upscaleRows(
  image: PixelImage,
  { outWidth, outHeight, quality }: UpscaleTarget,
  out: Uint8ClampedArray,
): Generator<number, void> {
  if (copiesAtSameSize(quality) && isIdentity(image, { outWidth, outHeight })) {
    out.set(image.data);
    return;
  }
  const source = new SourceRows(image);
  const columns = axisSamples(image.width, outWidth);
  const lines = axisSamples(image.height, outHeight);
  const write = (y: number, row: Float32Array) => writeRow(row, out, y * outWidth * 4);
  if (quality === 'bilinear') yield* bilinearRows(source, columns, lines, write);
  else if (quality === 'bicubic') yield* bicubicRows(source, columns, lines, write);
  else yield* spatialRows(source, columns, lines, write);
}

/** Whether a filter changes nothing where the sizes are equal: then its result is a copy, including the colours of transparent pixels. */
export function copiesAtSameSize(quality: Quality): boolean {
  return quality === 'bilinear' || quality === 'bicubic';
}

export function isIdentity(
  image: { width: number; height: number },
  target: { outWidth: number; outHeight: number },
): boolean {
  return image.width === target.outWidth && image.height === target.outHeight;
}

function* bilinearRows(
  source: SourceRows,
  columns: AxisSamples,
  lines: AxisSamples,
  write: (y: number, row: Float32Array) => void,
): Generator<number, void> {
  const row = new Float32Array(columns.base.length * 4);
  for (let y = 0; y < lines.base.length; y++) {
    const top = lines.base[y] ?? 0;
    bilinearRow(source.at(top), source.at(top + 1), lines.fraction[y] ?? 0, columns, row);
    write(y, row);
    yield y + 1;
  }
}

/** Upscales by cubic convolution: passes each row to `write`, premultiplied floats of 0..1, which the next row overwrites. */
export function* bicubicRows(
  source: SourceRows,
  columns: AxisSamples,
  lines: AxisSamples,
  write: (y: number, row: Float32Array) => void,
): Generator<number, void> {
  const row = new Float32Array(columns.base.length * 4);
  for (let y = 0; y < lines.base.length; y++) {
    const top = lines.base[y] ?? 0;
    const rows = [source.at(top - 1), source.at(top), source.at(top + 1), source.at(top + 2)] as const;
    bicubicRow(rows, lines.fraction[y] ?? 0, columns, row);
    write(y, row);
    yield y + 1;
  }
}

/** Keeps upscaled rows only while a neighbour is sharpened against them. */
function* spatialRows(
  source: SourceRows,
  columns: AxisSamples,
  lines: AxisSamples,
  write: (y: number, row: Float32Array) => void,
): Generator<number, void> {
  const length = columns.base.length * 4;
  const sharp = new Float32Array(length);
  let above = new Float32Array(length);
  let here = new Float32Array(length);
  let below = new Float32Array(length);
  const upscale = (y: number, row: Float32Array) => {
    const top = lines.base[y] ?? 0;
    const rows = [source.at(top - 1), source.at(top), source.at(top + 1), source.at(top + 2)] as const;
    edgeAdaptiveRow(rows, lines.fraction[y] ?? 0, columns, row);
  };
  const last = lines.base.length - 1;
  upscale(0, here);
  above.set(here);
  for (let y = 0; y <= last; y++) {
    if (y < last) upscale(y + 1, below);
    else below.set(here);
    sharpenRow(above, here, below, sharp);
    write(y, sharp);
    yield y + 1;
    [above, here, below] = [here, below, above];
  }
}

function writeRow(row: Float32Array, out: Uint8ClampedArray, offset: number): void {
  for (let i = 0; i < row.length; i += 4) {
    const alpha = row[i + 3] ?? 0;
    // Below a tenth of an 8-bit step the colour is noise.
    const scale = alpha > 1 / 2550 ? 255 / alpha : 0;
    // A Uint8ClampedArray rounds and clamps.
    out[offset + i] = (row[i] ?? 0) * scale;
    out[offset + i + 1] = (row[i + 1] ?? 0) * scale;
    out[offset + i + 2] = (row[i + 2] ?? 0) * scale;
    out[offset + i + 3] = alpha * 255;
  }
}

/** Interpolates one output row between two input rows, `fy` of the way down. Premultiplied, without padding. */
export function bilinearRow(
  above: SourceRow,
  below: SourceRow,
  fy: number,
  { base, fraction }: AxisSamples,
  out: Float32Array,
): void {
  const top = above.color;
  const bottom = below.color;
  for (let x = 0; x < base.length; x++) {
    const fx = fraction[x] ?? 0;
    const left = ((base[x] ?? 0) + PAD_LEFT) * 4;
    for (let channel = left; channel < left + 4; channel++) {
      const upper = (top[channel] ?? 0) * (1 - fx) + (top[channel + 4] ?? 0) * fx;
      const lower = (bottom[channel] ?? 0) * (1 - fx) + (bottom[channel + 4] ?? 0) * fx;
      out[x * 4 + channel - left] = upper * (1 - fy) + lower * fy;
    }
  }
}
