import type { PixelImage } from './definition.ts';

/** The tile of a picture that a check computes again. */
export const CHECKED_TILE = {
  /** Side in source pixels. `quality` then takes 54 million multiplications, a tenth of a second on a slow CPU. */
  sidePx: 32,
  /** The same for the largest network: 133 million, where 32 would take 216. What is compared still has 1,600 pixels of a doubled picture. */
  ultraSidePx: 20,
  /** Source pixels around it that keep the cut from changing it: the deepest network reads 9 pixels to each side, the filter after it 2. */
  haloPx: 12,
  /** Share of its pixels that may differ: where a filter chooses between two edges, rounding may choose the other one. */
  maxDifferingShare: 0.005,
} as const;

/** Extent of a checked tile along one axis. */
export interface Span {
  /** In source pixels. */
  from: number;
  length: number;
  /** In pixels of the result. */
  outFrom: number;
  outLength: number;
  /** Part of the result that the cut edges do not affect, relative to `outFrom`; `validTo` is exclusive. */
  validFrom: number;
  validTo: number;
}

/** A part of a picture and of its result. */
export interface PictureTile {
  across: Span;
  down: Span;
}

/** The quality decides how large a tile is: see {@link CHECKED_TILE}. */
export interface TiledShape {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
  /** A `Quality`, which is defined by what imports this file. */
  quality: string;
}

/**
 * A random tile, in which every pixel of the picture is compared about as often as any other.
 *
 * @param alignment - of the tile, in pixels of both pictures: 2 where it is cut out of a frame whose chroma has half the size.
 */
export function randomTile(
  { width, height, outWidth, outHeight, quality }: TiledShape,
  random: () => number,
  alignment = 1,
): PictureTile {
  const sidePx = quality === 'ultra' ? CHECKED_TILE.ultraSidePx : CHECKED_TILE.sidePx;
  return {
    across: randomSpan(width, outWidth, random, { alignment, sidePx }),
    down: randomSpan(height, outHeight, random, { alignment, sidePx }),
  };
}

/**
 * A random window of source pixels, and the whole steps of the ratio around it and its halo, so that the tile's pixels are aligned with those of the
 * picture. Windows may begin before the picture and end behind it, and are then moved inside: otherwise its border would be in the fewest of them.
 */
function randomSpan(
  length: number,
  outLength: number,
  random: () => number,
  { alignment, sidePx }: { alignment: number; sidePx: number },
): Span {
  const steps = greatestCommonDivisor(length, outLength);
  const step = length / steps;
  const outStep = outLength / steps;
  const { haloPx } = CHECKED_TILE;
  // Where a step is long, tiles are mostly one of them: narrow windows would seldom reach over the cut between two, where those compare nothing.
  const windowPx = Math.min(length, Math.max(sidePx, Math.ceil(step * WINDOW_SHARE)));
  const chosen = Math.floor(random() * (length + windowPx - 1)) - (windowPx - 1);
  const start = Math.min(length - windowPx, Math.max(0, chosen));
  const outermost = Math.floor(Math.max(0, start - haloPx) / step);
  const first = outermost - (outermost % alignment);
  const end = Math.min(steps, Math.ceil((start + windowPx + haloPx) / step));
  const count = end - first;
  const halo = Math.ceil((haloPx / step) * outStep);
  return {
    ...{ from: first * step, length: count * step, outFrom: first * outStep, outLength: count * outStep },
    validFrom: first === 0 ? 0 : halo,
    validTo: count * outStep - (end === steps ? 0 : halo),
  };
}

/** Least width of a window as a share of a step. */
const WINDOW_SHARE = 2 / 3;

/** Euclid's algorithm, for whole numbers above 0. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Copies a tile's source pixels out of those of a picture that is `width` wide. */
export function cropSource(pixels: Uint8Array, width: number, { across, down }: PictureTile): Uint8Array {
  return cropped(pixels, width, across.from, down.from, across.length, down.length);
}

/** Copies a tile's part out of a result that is `width` wide. Compare it as the result of {@link relativeToTile}. */
export function cropResult(pixels: Uint8Array, width: number, { across, down }: PictureTile): PixelImage {
  const data = cropped(pixels, width, across.outFrom, down.outFrom, across.outLength, down.outLength);
  return { width: across.outLength, height: down.outLength, data };
}

/** The tile as a part of a result that holds nothing else. */
export function relativeToTile({ across, down }: PictureTile): PictureTile {
  return { across: { ...across, outFrom: 0 }, down: { ...down, outFrom: 0 } };
}

function cropped(pixels: Uint8Array, stride: number, x: number, y: number, width: number, height: number): Uint8Array {
  const part = new Uint8Array(width * height * 4);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * stride + x) * 4;
    part.set(pixels.subarray(start, start + width * 4), row * width * 4);
  }
  return part;
}

/** Compares all but a few pixels: where a filter chooses between two edges, rounding may choose the other one. */
export function tileAgrees(
  ours: Uint8Array,
  { width, data }: PixelImage,
  { across, down }: PictureTile,
  tolerance: number,
): boolean {
  if (ours.byteLength !== across.outLength * down.outLength * 4) return false;
  let differing = 0;
  let count = 0;
  for (let y = down.validFrom; y < down.validTo; y++) {
    for (let x = across.validFrom; x < across.validTo; x++) {
      const at = (y * across.outLength + x) * 4;
      const there = ((down.outFrom + y) * width + across.outFrom + x) * 4;
      count++;
      if (!isNear(ours, at, data, there, tolerance)) differing++;
    }
  }
  return differing <= count * CHECKED_TILE.maxDifferingShare;
}

/** Compares one pixel as it is seen, over black and over white: over another backdrop it differs by no more than over one of those. */
function isNear(ours: Uint8Array, at: number, theirs: PixelImage['data'], there: number, tolerance: number): boolean {
  const alpha = ours[at + 3] ?? 0;
  const theirAlpha = theirs[there + 3] ?? 0;
  for (let channel = 0; channel < 3; channel++) {
    const overBlack = ((ours[at + channel] ?? 0) * alpha - (theirs[there + channel] ?? 0) * theirAlpha) / 255;
    const overWhite = overBlack - alpha + theirAlpha;
    if (Math.max(Math.abs(overBlack), Math.abs(overWhite)) > tolerance) return false;
  }
  return true;
}

/** Whether each RGBA pixel is. */
export function isOpaque({ data }: Pick<PixelImage, 'data'>): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}
