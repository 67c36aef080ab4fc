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

/** From the first of some pixels to the one after the last. */
interface Span {
  from: number;
  to: number;
}

/** The tiles of a picture to which detail of another one is not added. */
export interface TilesNearChange {
  /** 1 for each tile that has changed or lies beside one that has, row by row. */
  isNearChange: Uint8Array;
  across: number;
  /** How many are 1. */
  count: number;
}

/** Compares two pictures of one size. */
export function tilesNearChange(from: PixelImage, to: PixelImage): TilesNearChange {
  const { width, height } = to;
  const [across, down] = [Math.ceil(width / TILE_SIDE), Math.ceil(height / TILE_SIDE)];
  const before = words(from);
  const after = words(to);
  const isNearChange = new Uint8Array(across * down);
  for (let row = 0; row < down; row++) {
    const lines = { from: row * TILE_SIDE, to: Math.min((row + 1) * TILE_SIDE, height) };
    for (let column = 0; column < across; column++) {
      const columns = { from: column * TILE_SIDE, to: Math.min((column + 1) * TILE_SIDE, width) };
      if (differs(before, after, width, columns, lines)) markAround(isNearChange, across, column, row);
    }
  }
  let count = 0;
  for (const isNear of isNearChange) count += isNear;
  return { isNearChange, across, count };
}

/** Removes from detail's codes, in place, what belongs to these tiles. */
export function removeNearChange(
  codes: Uint8Array,
  { isNearChange, across }: TilesNearChange,
  size: Size,
  out: Size,
): void {
  const columns = tileSpans(size.width, out.width);
  for (const [row, line] of tileSpans(size.height, out.height).entries()) {
    for (let column = 0; column < across; column++) {
      if (!isNearChange[row * across + column]) continue;
      const first = columns[column]?.from ?? 0;
      while (column + 1 < across && isNearChange[row * across + column + 1]) column++;
      const end = columns[column]?.to ?? 0;
      for (let y = line.from; y < line.to; y++) codes.fill(NO_DETAIL_CODE, y * out.width + first, y * out.width + end);
    }
  }
}

/** Whether a pixel of a tile differs. In a moving picture one of the first does, so all tiles together take a fraction of a millisecond. */
function differs(before: Uint32Array, after: Uint32Array, width: number, columns: Span, lines: Span): boolean {
  for (let y = lines.from; y < lines.to; y++) {
    const end = y * width + columns.to;
    for (let at = y * width + columns.from; at < end; at++) if (before[at] !== after[at]) return true;
  }
  return false;
}

function markAround(isNearChange: Uint8Array, across: number, column: number, row: number): void {
  const down = isNearChange.length / across;
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, down - 1); y++) {
    isNearChange.fill(1, y * across + Math.max(column - 1, 0), y * across + Math.min(column + 1, across - 1) + 1);
  }
}

/** One number a pixel. Both arrays begin at a multiple of four bytes: each is a buffer of its own. */
function words({ data }: PixelImage): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}

/** The output pixels of each tile on one axis: those whose base pixel is in it. */
function tileSpans(from: number, to: number): Span[] {
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
