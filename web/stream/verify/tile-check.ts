import type { DetailCoding } from '../../../shared/detail.ts';
import type { Quality, UpscaleParams } from '../../../shared/tasks/upscale.ts';
import type { PictureTile } from '../../../shared/tasks/upscale-tile.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { benefitOf, type TileBenefit } from './detail-benefit.ts';

/** Enlarges the pixels of a tile on this machine. Rejects with MeshError where it cannot. */
export type UpscaleTile = (params: UpscaleParams, source: Uint8Array) => Promise<Uint8Array>;

/** A tile of a frame that was sent, as the volunteer decoded it. */
export interface SentTile {
  tile: PictureTile;
  source: Uint8Array;
}

/** The volunteer's answer. */
export interface ReceivedDetail {
  /** Codes of the whole frame. */
  codes: Uint8Array;
  quality: Quality;
}

export interface TileCheckOptions {
  setup: { outWidth: number; detail: DetailCoding };
  upscaleTile: UpscaleTile;
}

/** Computes the detail of a tile, and what the received one is worth beside it. Rejects as {@link UpscaleTile}. */
export async function benefitOfTile(
  { tile, source }: SentTile,
  { codes, quality }: ReceivedDetail,
  { setup, upscaleTile }: TileCheckOptions,
): Promise<TileBenefit> {
  const size = { width: tile.across.length, height: tile.down.length };
  const outSize = { outWidth: tile.across.outLength, outHeight: tile.down.outLength };
  const sharp = await upscaleTile({ ...size, ...outSize, quality }, source);
  const picture = { width: outSize.outWidth, height: outSize.outHeight, data: sharp };
  const expected = new Uint8Array(outSize.outWidth * outSize.outHeight);
  for (const _ of detailRows({ ...size, data: source }, picture, setup.detail, expected));
  return benefitOf(expected, codes, setup.outWidth, tile);
}
