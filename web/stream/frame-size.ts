import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { uprightSize } from '../compute/frame-orientation.ts';

/** Largest enlargement of a frame on each axis. */
export const MAX_SCALE = 4;

/** Pixel size of a stream's frames as sent (`width`, `height`) and as returned (`outWidth`, `outHeight`). All even. */
export interface StreamSize extends PictureSize {
  outWidth: number;
  outHeight: number;
}

/**
 * Sizes of a stream for source frames of `source`, enlarged by `scale`. 4:2:0 chroma has half the pixels on each axis and H.264 rejects
 * odd sizes, so an odd last column or row is cropped rather than padded: padding would bleed an invented edge into the picture.
 * A source above `STREAM_LIMITS.maxSide` is made smaller, and so is a result above it, at the same aspect ratio.
 *
 * Throws MeshError `bad-input` for a source below 2x2.
 */
export function streamSize(source: PictureSize, scale: number): StreamSize {
  const cropped = { width: evenFloor(source.width), height: evenFloor(source.height) };
  if (cropped.width < 2 || cropped.height < 2) {
    throw MeshError.badInput(`A stream's frames must be at least 2x2 pixels, not ${source.width}x${source.height}.`);
  }
  const { width, height } = shrunk(cropped, Math.max(1, longerSide(cropped) / STREAM_LIMITS.maxSide));
  const fitting = Math.min(scale, STREAM_LIMITS.maxSide / longerSide({ width, height }));
  return { width, height, outWidth: evenFloor(width * fitting), outHeight: evenFloor(height * fitting) };
}

/** Whether frames of this size are made smaller for a stream, not only cropped. */
export function isReduced(source: PictureSize, { width, height }: PictureSize): boolean {
  return evenFloor(source.width) !== width || evenFloor(source.height) !== height;
}

export function isSameSize(a: StreamSize, b: StreamSize): boolean {
  return a.width === b.width && a.height === b.height && a.outWidth === b.outWidth && a.outHeight === b.outHeight;
}

/** The size divided by `divisor`, even and at least 2x2. */
export function shrunk({ width, height }: PictureSize, divisor: number): PictureSize {
  return { width: Math.max(2, evenFloor(width / divisor)), height: Math.max(2, evenFloor(height / divisor)) };
}

/** Whether a volunteer may be asked to enlarge frames of the first size to the second: even sizes, 1 to 4 times on each axis. */
export function canBecome(
  { width, height }: PictureSize,
  { outWidth, outHeight }: Pick<StreamSize, 'outWidth' | 'outHeight'>,
): boolean {
  const isRatioPossible = (from: number, to: number) => to >= from && to <= from * MAX_SCALE;
  const isEven = [width, height, outWidth, outHeight].every((side) => side % 2 === 0);
  return isEven && isRatioPossible(width, outWidth) && isRatioPossible(height, outHeight);
}

/** Visible size of an upright frame in pixels, before any stretching for display. */
export function sizeOf(frame: VideoFrame): PictureSize {
  return frame.visibleRect ? uprightSize(frame) : { width: frame.codedWidth, height: frame.codedHeight };
}

function longerSide({ width, height }: PictureSize): number {
  return Math.max(width, height);
}

/** Rounds down to an even number. The tolerance covers products such as 70 * 1.1, which fall just below the intended integer. */
function evenFloor(pixels: number): number {
  return 2 * Math.floor(pixels / 2 + 1e-6);
}
