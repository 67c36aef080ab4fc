import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { STREAM } from './tuning.ts';

/** Pixels of a stream's frames: as sent, and as they come back. All even. */
export interface StreamSize {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
}

/**
 * Sizes of a stream whose source frames are `width` x `height`. 4:2:0 chroma has half the pixels on each axis and H.264 refuses
 * odd sizes, so a last odd column or row is cropped rather than padded: padding would bleed an invented edge into the picture.
 * Where `scale` would pass the largest side, the result is made as large as it may be.
 *
 * Throws MeshError `bad-input` under 2x2 and `too-large` above `STREAM_LIMITS.maxSide`.
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
      `A stream's frames may be ${STREAM_LIMITS.maxSide} pixels a side, not ${width}x${height}. Use a smaller source.`,
    );
  }
  const fitting = Math.min(scale, STREAM_LIMITS.maxSide / Math.max(width, height));
  return { width, height, outWidth: evenFloor(width * fitting), outHeight: evenFloor(height * fitting) };
}

export function isSameSize(a: StreamSize, b: StreamSize): boolean {
  return a.width === b.width && a.height === b.height && a.outWidth === b.outWidth && a.outHeight === b.outHeight;
}

/** What a volunteer may be sent in place of the stream's own size. */
export function shrunk({ width, height }: StreamSize, by: number): { width: number; height: number } {
  return { width: Math.max(2, evenFloor(width / by)), height: Math.max(2, evenFloor(height / by)) };
}

/** May a volunteer be asked to make this size of that? */
export function canBecome(
  { width, height }: { width: number; height: number },
  { outWidth, outHeight }: Pick<StreamSize, 'outWidth' | 'outHeight'>,
): boolean {
  const isRatioPossible = (from: number, to: number) => to >= from && to <= from * STREAM.maxScale;
  const isEven = [width, height, outWidth, outHeight].every((side) => side % 2 === 0);
  return isEven && isRatioPossible(width, outWidth) && isRatioPossible(height, outHeight);
}

/** A frame of `size` at the given time, cut from the top left of `frame`; shares its pixels. Both are the caller's to close. */
export function retimed(frame: VideoFrame, timestampUs: number, { width, height }: StreamSize): VideoFrame {
  const { x, y } = frame.visibleRect ?? { x: 0, y: 0 };
  return new VideoFrame(frame, {
    timestamp: timestampUs,
    visibleRect: { x, y, width, height },
    displayWidth: width,
    displayHeight: height,
  });
}

/** Size of the pixels a frame shows, before any stretching for display. */
export function sizeOf(frame: VideoFrame): { width: number; height: number } {
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  return { width, height };
}

/** Products like 70 * 1.1 land a hair below the whole number they mean. */
function evenFloor(pixels: number): number {
  return 2 * Math.floor(pixels / 2 + 1e-6);
}
