import type { DetailCoding } from '../../shared/detail.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import type { CompareTile } from '../../shared/tasks/upscale.ts';
import { type PictureTile, tileAgrees } from '../../shared/tasks/upscale-tile.ts';
import { compareDetail } from './detail-tiles.ts';
import { blocksOfTile } from './tile-blocks.ts';
import { type FramePixels, RgbaReader } from './video-frames.ts';

/**
 * Frames of 4:2:0 are compared by the averages of blocks: ways into a GPU interpolate chroma differently, and where that makes colours clip,
 * brightness differs too. What a GPU computes wrong, or delivers from somewhere else, shows nevertheless.
 */
const MAX_BLOCK_DIFFERENCE = 24;
const MAX_DIFFERING_BLOCKS = 0.1;

/** A tile's source, the same part of the result, and how it is compared with what is computed again. */
export interface TileParts {
  source: Uint8Array;
  /** RGBA; a byte a pixel where it is detail. */
  result: PixelImage;
  isSame: CompareTile;
}

/**
 * Reads a tile of a frame and of its result, and closes both.
 *
 * @param detail - how the result is coded, where it is detail.
 */
export async function partsOfFrames(
  source: VideoFrame,
  sharp: VideoFrame,
  { across, down }: PictureTile,
  detail?: DetailCoding,
): Promise<TileParts> {
  try {
    const from = await partOf(source, { x: across.from, y: down.from, width: across.length, height: down.length });
    const to = { x: across.outFrom, y: down.outFrom, width: across.outLength, height: down.outLength };
    const isRgb = /^(RGB|BGR)/.test(source.format ?? '');
    if (detail) {
      const { data } = from;
      return { source: data, result: await lumaOf(sharp, to), isSame: compareDetail(data, detail, isRgb) };
    }
    return { source: from.data, result: await partOf(sharp, to), isSame: isRgb ? tileAgrees : resembles };
  } finally {
    source.close();
    sharp.close();
  }
}

/** In pixels, from the corner of a frame's visible part. */
interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Reads nothing but a part of a frame. */
async function partOf(frame: VideoFrame, { x, y, width, height }: Area): Promise<FramePixels> {
  const { visibleRect, timestamp } = frame;
  const rect = { x: (visibleRect?.x ?? 0) + x, y: (visibleRect?.y ?? 0) + y, width, height };
  const part = new VideoFrame(frame, { timestamp, visibleRect: rect });
  try {
    return await new RgbaReader().read(part);
  } finally {
    part.close();
  }
}

/** Reads the luma of a part of an I420 frame, a byte a pixel. */
async function lumaOf(frame: VideoFrame, { x, y, width, height }: Area): Promise<PixelImage> {
  const planes = new Uint8Array(frame.allocationSize());
  const [luma] = await frame.copyTo(planes);
  const data = new Uint8Array(width * height);
  if (luma) {
    for (let row = 0; row < height; row++) {
      const start = luma.offset + (y + row) * luma.stride + x;
      data.set(planes.subarray(start, start + width), row * width);
    }
  }
  return { width, height, data };
}

/** Compares the averages of blocks. */
function resembles(ours: Uint8Array, { width, data }: PixelImage, tile: PictureTile): boolean {
  const blocks = blocksOfTile(tile);
  let differing = 0;
  for (const { fromX, toX, fromY, toY } of blocks) {
    const sums = [0, 0, 0];
    for (let row = fromY; row < toY; row++) {
      for (let column = fromX; column < toX; column++) {
        for (let n = 0; n < 3; n++) {
          const our = ours[(row * tile.across.outLength + column) * 4 + n] ?? 0;
          sums[n] = (sums[n] ?? 0) + our - (data[(row * width + column) * 4 + n] ?? 0);
        }
      }
    }
    const most = MAX_BLOCK_DIFFERENCE * (toX - fromX) * (toY - fromY);
    if (sums.some((sum) => Math.abs(sum) > most)) differing++;
  }
  return differing <= blocks.length * MAX_DIFFERING_BLOCKS;
}
