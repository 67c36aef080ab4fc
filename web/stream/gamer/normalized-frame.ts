import { lacking } from '../../../shared/browser-needs.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { isUpright, orientationOf } from '../../compute/frame-orientation.ts';
import { isReduced, sizeOf } from '../frame-size.ts';

/** Formats of more than 8 bits a sample, which realtime encoders refuse. */
const DEEP_FORMAT = /P1[02]$/;
/** Wider gamuts than sRGB. Encoders would pass their values on as if they were sRGB's, which makes every colour paler. */
const WIDE_PRIMARIES: readonly unknown[] = ['smpte432', 'bt2020'];
/** Of HDR and of linear light, whose values encoders would pass on in the same way. */
const OTHER_TRANSFERS: readonly unknown[] = ['pq', 'hlg', 'linear'];

/** Size of a source frame as it is meant to be seen, in square pixels: upright, and stretched where its pixels are not square. */
export function shownSize(frame: VideoFrame): PictureSize {
  const size = sizeOf(frame);
  return hasSquarePixels(frame, size) ? size : { width: frame.displayWidth, height: frame.displayHeight };
}

/**
 * A frame of `size` with a new timestamp, cropped from the top left of `frame`, or made smaller where that is larger by more than a pixel. Shares
 * its pixels where encoders and networks can use them as they are: upright, square, of 8 bits, in colours like sRGB's. All others are
 * drawn anew. The caller closes both. Throws MeshError `unsupported-browser`.
 */
export function normalizedFrame(frame: VideoFrame, timestampUs: number, { width, height }: PictureSize): VideoFrame {
  const shown = shownSize(frame);
  if (isReduced(shown, { width, height })) return redrawn(frame, timestampUs, { width, height }, { width, height });
  if (!isPlain(frame)) return redrawn(frame, timestampUs, { width, height }, shown);
  const { x, y } = frame.visibleRect ?? { x: 0, y: 0 };
  return new VideoFrame(frame, {
    timestamp: timestampUs,
    visibleRect: { x, y, width, height },
    displayWidth: width,
    displayHeight: height,
  });
}

function isPlain(frame: VideoFrame): boolean {
  return (
    isUpright(orientationOf(frame)) &&
    hasSquarePixels(frame, sizeOf(frame)) &&
    !DEEP_FORMAT.test(frame.format ?? '') &&
    !WIDE_PRIMARIES.includes(frame.colorSpace.primaries) &&
    !OTHER_TRANSFERS.includes(frame.colorSpace.transfer)
  );
}

/** Within the rounding of the display size: a frame that is only shown smaller or larger than it is keeps its pixels. */
function hasSquarePixels({ displayWidth, displayHeight }: VideoFrame, { width, height }: PictureSize): boolean {
  return Math.abs((displayWidth * height) / width - displayHeight) <= 1;
}

/** Draws the frame in the size `drawn`, of which `canvas` is the top left part. */
function redrawn(frame: VideoFrame, timestamp: number, { width, height }: PictureSize, drawn: PictureSize): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw lacking('workerDrawing');
  context.drawImage(frame, 0, 0, drawn.width, drawn.height);
  return new VideoFrame(canvas, { timestamp, alpha: 'discard' });
}
