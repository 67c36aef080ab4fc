import type { PictureTile, Span } from '../../shared/tasks/upscale-tile.ts';

/** Least side of a block, pixels. The averages of narrower ones say less: a tile is cut into blocks of about equal size instead. */
const BLOCK_SIDE = 16;

/** A part of a tile: `to` is exclusive. */
export interface Block {
  fromX: number;
  toX: number;
  fromY: number;
  toY: number;
}

/** Cuts what counts of a tile into blocks. */
export function blocksOfTile({ across, down }: PictureTile): Block[] {
  const columns = cuts(across);
  return cuts(down).flatMap(([fromY, toY]) => columns.map(([fromX, toX]) => ({ fromX, toX, fromY, toY })));
}

function cuts({ validFrom, validTo }: Span): [number, number][] {
  const length = validTo - validFrom;
  const count = Math.max(1, Math.floor(length / BLOCK_SIDE));
  const at = (n: number) => validFrom + Math.round((length * n) / count);
  return Array.from({ length: count }, (_, n) => [at(n), at(n + 1)]);
}
