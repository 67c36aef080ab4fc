import { CHECKED_TILE, greatestCommonDivisor, type PictureTile, type Span } from './upscale-tile.ts';

/** How a picture is cut that is too large to be computed, sent and kept in one piece. */
const TILING = {
  /** Pixels of a result up to which a picture stays whole: those of 1440p. A tile takes a volunteer and its link about as long. */
  maxWholePixels: 4 * 1024 * 1024,
  /** Longest side of a result that stays whole, and of one tile: a network doubles its source, and GPUs have textures of 8,192 pixels a side. */
  maxWholeSide: 8_192,
  tileSide: 2_048,
  /** Largest numerator and denominator of a ratio, in source pixels, for which tiles are cut and overlap by whole steps of it. */
  maxStep: 64,
  /**
   * Source pixels by which tiles overlap at any other ratio: so many that in the result they are nearly a whole number too, for a tile is computed from
   * whole pixels to whole pixels.
   */
  maxHalo: 264,
  maxHaloError: 1 / 64,
} as const;

export interface ResizedPicture {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
}

/**
 * Cuts a large picture into tiles that overlap by what a network reads around a pixel, so that no seam shows; null where it stays whole. Where
 * the ratio is a simple fraction, each tile's pixels are those of the whole picture; at any other ratio each tile is stretched by less than a
 * pixel of the result, and meets its neighbours within a tenth of one.
 */
export function tilesOf({ width, height, outWidth, outHeight }: ResizedPicture): PictureTile[] | null {
  const isWhole = outWidth * outHeight <= TILING.maxWholePixels && Math.max(outWidth, outHeight) <= TILING.maxWholeSide;
  if (isWhole) return null;
  const columns = spansOf(width, outWidth);
  return spansOf(height, outHeight).flatMap((down) => columns.map((across) => ({ across, down })));
}

/** Copies the part of a tile's result that counts into the RGBA pixels of a result that is `outWidth` wide. */
export function pasteTile(
  whole: Uint8Array,
  outWidth: number,
  { across, down }: PictureTile,
  pixels: Uint8Array,
): void {
  for (let row = down.validFrom; row < down.validTo; row++) {
    const from = (row * across.outLength + across.validFrom) * 4;
    const to = (row * across.outLength + across.validTo) * 4;
    const at = (down.outFrom + row) * outWidth + across.outFrom + across.validFrom;
    whole.set(pixels.subarray(from, to), at * 4);
  }
}

/** Cuts one axis into spans of about equal length. Their valid parts cover the result without gaps. */
function spansOf(length: number, outLength: number): Span[] {
  const count = Math.min(length, Math.ceil(outLength / TILING.tileSide));
  const step = length / greatestCommonDivisor(length, outLength);
  const isSimple = step <= TILING.maxStep;
  const alignment = isSimple ? step : 1;
  const halo = isSimple ? step * Math.ceil(CHECKED_TILE.haloPx / step) : nearlyWholeHalo(length, outLength);
  const cuts = Array.from({ length: count + 1 }, (_, n) =>
    n === count ? length : alignment * Math.round((length * n) / count / alignment),
  );
  const outHalo = Math.round((halo * outLength) / length);
  const outCut = (cut: number) => Math.round((cut * outLength) / length);
  return cuts.slice(1).map((end, n) => {
    const start = cuts[n] ?? 0;
    const isCutBefore = start > halo;
    const isCutAfter = end + halo < length;
    const from = isCutBefore ? start - halo : 0;
    const to = isCutAfter ? end + halo : length;
    const outFrom = isCutBefore ? outCut(start) - outHalo : 0;
    const outTo = isCutAfter ? outCut(end) + outHalo : outLength;
    return {
      ...{ from, length: to - from, outFrom, outLength: outTo - outFrom },
      ...{ validFrom: outCut(start) - outFrom, validTo: outCut(end) - outFrom },
    };
  });
}

/** The smallest halo, in source pixels, whose length in the result is nearly a whole number. */
function nearlyWholeHalo(length: number, outLength: number): number {
  let best: number = CHECKED_TILE.haloPx;
  let bestError = Number.POSITIVE_INFINITY;
  for (let halo = best; halo <= TILING.maxHalo && bestError > TILING.maxHaloError; halo++) {
    const past = ((halo * outLength) % length) / length;
    const error = Math.min(past, 1 - past);
    if (error >= bestError) continue;
    best = halo;
    bestError = error;
  }
  return best;
}
