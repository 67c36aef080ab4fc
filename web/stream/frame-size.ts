import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { isUpright, orientationOf, uprightSize } from '../compute/frame-orientation.ts';

/** Largest enlargement of a frame on each axis. */
export const MAX_SCALE = 4;

/** Pixel size of a stream's frames as sent (`width`, `height`) and as returned (`outWidth`, `outHeight`). All even. */
export interface StreamSize {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
}

/**
 * Sizes of a stream for source frames of `source`, enlarged by `scale`. 4:2:0 chroma has half the pixels on each axis and H.264 rejects
 * odd sizes, so an odd last column or row is cropped rather than padded: padding would bleed an invented edge into the picture.
 * The result is limited to `STREAM_LIMITS.maxSide` on each side, at the same aspect ratio.
 *
 * Throws MeshError `bad-input` for a source below 2x2 and `too-large` above `STREAM_LIMITS.maxSide`.
 */
export function streamSize(source: { width: number; height: number }, scale: number): StreamSize {
  const width = evenFloor(source.width);
  const height = evenFloor(source.height);
  if (width < 2 || height < 2) {
    throw MeshError.badInput(`A stream's frames must be at least 2x2 pixels, not ${source.width}x${source.height}.`);
  }
  if (Math.max(width, height) > STREAM_LIMITS.maxSide) {
    throw new MeshError(
      'too-large',
      `A stream's frames may be at most ${STREAM_LIMITS.maxSide} pixels a side, not ${width}x${height}. Use a smaller source.`,
    );
  }
  const fitting = Math.min(scale, STREAM_LIMITS.maxSide / Math.max(width, height));
  return { width, height, outWidth: evenFloor(width * fitting), outHeight: evenFloor(height * fitting) };
}

export function isSameSize(a: StreamSize, b: StreamSize): boolean {
  return a.width === b.width && a.height === b.height && a.outWidth === b.outWidth && a.outHeight === b.outHeight;
}

/** The send size divided by `divisor`, even and at least 2x2. */
export function shrunk({ width, height }: StreamSize, divisor: number): { width: number; height: number } {
  return { width: Math.max(2, evenFloor(width / divisor)), height: Math.max(2, evenFloor(height / divisor)) };
}

/** Whether a volunteer may be asked to enlarge frames of the first size to the second: even sizes, 1 to 4 times on each axis. */
export function canBecome(
  { width, height }: { width: number; height: number },
  { outWidth, outHeight }: Pick<StreamSize, 'outWidth' | 'outHeight'>,
): boolean {
  const isRatioPossible = (from: number, to: number) => to >= from && to <= from * MAX_SCALE;
  const isEven = [width, height, outWidth, outHeight].every((side) => side % 2 === 0);
  return isEven && isRatioPossible(width, outWidth) && isRatioPossible(height, outHeight);
}

/**
 * A frame of `size` with a new timestamp, cropped from the top left of `frame`. Shares its pixels where it stands upright: encoders do not
 * turn frames, so one that does not is drawn upright. The caller closes both.
 */
export function retimed(frame: VideoFrame, timestampUs: number, { width, height }: StreamSize): VideoFrame {
  if (!isUpright(orientationOf(frame))) return drawnUpright(frame, timestampUs, { width, height });
  const { x, y } = frame.visibleRect ?? { x: 0, y: 0 };
  return new VideoFrame(frame, {
    timestamp: timestampUs,
    visibleRect: { x, y, width, height },
    displayWidth: width,
    displayHeight: height,
  });
}

function drawnUpright(frame: VideoFrame, timestamp: number, { width, height }: { width: number; height: number }) {
  const canvas = new OffscreenCanvas(width, height);
  const size = sizeOf(frame);
  canvas.getContext('2d')?.drawImage(frame, 0, 0, size.width, size.height);
  return new VideoFrame(canvas, { timestamp, alpha: 'discard' });
}

/** Visible size of an upright frame in pixels, before any stretching for display. */
export function sizeOf(frame: VideoFrame): { width: number; height: number } {
  return frame.visibleRect ? uprightSize(frame) : { width: frame.codedWidth, height: frame.codedHeight };
}

/** Rounds down to an even number. The tolerance covers products such as 70 * 1.1, which fall just below the intended integer. */
function evenFloor(pixels: number): number {
  return 2 * Math.floor(pixels / 2 + 1e-6);
}
