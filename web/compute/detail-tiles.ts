import { type DetailCoding, NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import type { CompareTile } from '../../shared/tasks/upscale.ts';
import { CHECKED_TILE, type PictureTile } from '../../shared/tasks/upscale-tile.ts';
import { deadZoneOf, detailRows } from './reference/detail.ts';
import { blocksOfTile } from './tile-blocks.ts';

/** Detail of 4:2:0 frames is compared by blocks, for the reason for which pictures are: see frame-tiles.ts. */
const MAX_DIFFERING_BLOCKS = 0.1;
/**
 * Largest mean difference in a block, 8-bit levels, and in codes: the smaller one counts, since codes are clipped. The same chroma goes into the
 * sharp picture and the base, so that most of what ways into a GPU make of it cancels out.
 */
const MAX_BLOCK_STEPS = 6;
const MAX_BLOCK_CODES = 48;

/** Compares a tile of detail, a byte a pixel, with that of the tile's picture as computed again from `source`. */
export function compareDetail(source: Uint8Array, coding: DetailCoding, isRgb: boolean): CompareTile {
  return (ours, { data }, tile, tolerance) => {
    const { across, down } = tile;
    const [width, height] = [across.outLength, down.outLength];
    const sharp: PixelImage = { width, height, data: ours };
    const codes = new Uint8Array(width * height);
    if (ours.byteLength !== codes.length * 4 || data.byteLength !== codes.length) return false;
    for (const _row of detailRows({ width: across.length, height: down.length, data: source }, sharp, coding, codes)) {
      // A tile is small.
    }
    if (!isRgb) return resembles(codes, data, tile, Math.min(MAX_BLOCK_STEPS * coding.gain, MAX_BLOCK_CODES));
    return agrees(codes, data, tile, coding, tolerance);
  };
}

/** Compares all but a few pixels, as those of pictures. */
function agrees(
  ours: Uint8Array,
  theirs: PixelImage['data'],
  { across, down }: PictureTile,
  coding: DetailCoding,
  tolerance: number,
): boolean {
  let differing = 0;
  let count = 0;
  for (let y = down.validFrom; y < down.validTo; y++) {
    for (let x = across.validFrom; x < across.validTo; x++) {
      const our = ours[y * across.outLength + x] ?? 0;
      const their = theirs[y * across.outLength + x] ?? 0;
      // One of them may be within the dead zone, and the other just outside.
      const isInDeadZone = our === NO_DETAIL_CODE || their === NO_DETAIL_CODE;
      const steps = tolerance + (isInDeadZone ? deadZoneOf(coding) : 0);
      count++;
      if (Math.abs(our - their) > coding.gain * steps + 1) differing++;
    }
  }
  return differing <= count * CHECKED_TILE.maxDifferingShare;
}

/** Compares the mean differences in blocks. */
function resembles(ours: Uint8Array, theirs: PixelImage['data'], tile: PictureTile, maxCodes: number): boolean {
  const blocks = blocksOfTile(tile);
  let differing = 0;
  for (const { fromX, toX, fromY, toY } of blocks) {
    let sum = 0;
    for (let row = fromY; row < toY; row++) {
      const start = row * tile.across.outLength;
      for (let at = start + fromX; at < start + toX; at++) sum += Math.abs((ours[at] ?? 0) - (theirs[at] ?? 0));
    }
    if (sum > maxCodes * (toX - fromX) * (toY - fromY)) differing++;
  }
  return differing <= blocks.length * MAX_DIFFERING_BLOCKS;
}
