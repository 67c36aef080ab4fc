import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { axisSamples } from '../../compute/reference/source-rows.ts';

/**
 * Side, source pixels, of a tile. Detail of another picture is added to an output pixel only if the tile of its base pixel (the source pixel at
 * or before its centre) and the eight tiles around are equal in both pictures. So the pixels that the filter reads, one before to two after
 * the base, are equal, and everything within 8 pixels of the base too: a network looks further than a filter. Every way of composing has the
 * same rule, which costs one comparison of the source pixels.
 */
export const TILE_SIDE = 8;

interface Size {
  width: number;
  height: number;
}

/** Detail's codes with what belongs to moving parts removed. Pictures of different sizes have nothing in common. */
export function codesWhereStill(codes: Uint8Array, from: PixelImage, to: PixelImage, out: Size): Uint8Array {
  const still = codes.slice();
  if (from.width !== to.width || from.height !== to.height) return still.fill(NO_DETAIL_CODE);
  const across = Math.ceil(to.width / TILE_SIDE);
  const changed = changedTiles(from, to);
  const columns = tileSpans(to.width, out.width);
  const lines = tileSpans(to.height, out.height);
  for (const [row, line] of lines.entries()) {
    for (const [column, span] of columns.entries()) {
      if (!isNearChange(changed, across, column, row)) continue;
      for (let y = line.from; y < line.to; y++) {
        still.fill(NO_DETAIL_CODE, y * out.width + span.from, y * out.width + span.to);
      }
    }
  }
  return still;
}

/** 1 for each tile in which a pixel differs, row by row. */
function changedTiles(from: PixelImage, to: PixelImage): Uint8Array {
  const { width, height } = to;
  const across = Math.ceil(width / TILE_SIDE);
  const changed = new Uint8Array(across * Math.ceil(height / TILE_SIDE));
  const before = words(from);
  const after = words(to);
  for (let y = 0, at = 0; y < height; y++) {
    const tiles = Math.floor(y / TILE_SIDE) * across;
    for (let x = 0; x < width; x++, at++) if (before[at] !== after[at]) changed[tiles + Math.floor(x / TILE_SIDE)] = 1;
  }
  return changed;
}

/** One number a pixel. Both arrays begin at a multiple of four bytes: each is a buffer of its own. */
function words({ data }: PixelImage): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}

function isNearChange(changed: Uint8Array, across: number, column: number, row: number): boolean {
  const down = changed.length / across;
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, down - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, across - 1); x++) {
      if (changed[y * across + x]) return true;
    }
  }
  return false;
}

/** The output pixels of each tile on one axis: those whose base pixel is in it. */
function tileSpans(from: number, to: number): { from: number; to: number }[] {
  const spans = Array.from({ length: Math.ceil(from / TILE_SIDE) }, () => ({ from: to, to: 0 }));
  for (const [position, base] of axisSamples(from, to).base.entries()) {
    // The first output pixels lie before the first source pixel.
    const span = spans[Math.floor(Math.max(base, 0) / TILE_SIDE)];
    if (!span) continue;
    span.from = Math.min(span.from, position);
    span.to = position + 1;
  }
  return spans;
}
