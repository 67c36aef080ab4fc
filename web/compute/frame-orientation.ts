import { MeshError } from '../../shared/errors.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';

/** How a frame must be turned to stand upright: mirrored left to right if `flip`, after a clockwise turn (WebCodecs specification, `VideoFrame`). */
export interface Orientation {
  /** Degrees, a multiple of 90. */
  rotation: number;
  flip: boolean;
}

/** Cameras of phones give turned frames. Browsers without the properties have none. */
export function orientationOf(frame: VideoFrame): Orientation {
  // TypeScript's types are older than these two properties.
  const { rotation = 0, flip = false } = frame as VideoFrame & Partial<Orientation>;
  return { rotation, flip };
}

export function isUpright({ rotation, flip }: Orientation): boolean {
  return rotation === 0 && !flip;
}

/** Size of a frame's visible pixels once it stands upright, before any stretching for display. Throws MeshError `source-ended` for a closed frame. */
export function uprightSize(frame: VideoFrame): PictureSize {
  const { visibleRect } = frame;
  if (!visibleRect) throw new MeshError('source-ended', 'The frame was closed before it was sharpened.');
  return turnedSize(visibleRect, orientationOf(frame));
}

function turnedSize({ width, height }: PictureSize, { rotation }: Orientation): PictureSize {
  return rotation % 180 === 0 ? { width, height } : { width: height, height: width };
}

/** RGBA pixels turned upright. */
export function turned(
  pixels: Uint8Array<ArrayBuffer>,
  size: PictureSize,
  orientation: Orientation,
): Uint8Array<ArrayBuffer> {
  const { width, height } = turnedSize(size, orientation);
  const from = new Uint32Array(pixels.buffer, pixels.byteOffset, size.width * size.height);
  const to = new Uint32Array(width * height);
  const quarters = (orientation.rotation / 90) & 3;
  for (let y = 0; y < height; y++) {
    for (let column = 0; column < width; column++) {
      const x = orientation.flip ? width - 1 - column : column;
      to[y * width + column] = from[sourceIndex(x, y, quarters, size)] ?? 0;
    }
  }
  return new Uint8Array(to.buffer);
}

/** Where the pixel comes from that is at x, y after so many quarter turns clockwise. */
function sourceIndex(x: number, y: number, quarters: number, { width, height }: PictureSize): number {
  if (quarters === 1) return (height - 1 - x) * width + y;
  if (quarters === 2) return (height - 1 - y) * width + (width - 1 - x);
  if (quarters === 3) return x * width + (width - 1 - y);
  return y * width + x;
}

/** What remains of a frame after it was closed. */
export interface FrameTime {
  timestamp: number;
  duration: number | null;
  hasAlpha: boolean;
}

export function timeOf({ timestamp, duration, format }: VideoFrame): FrameTime {
  return { timestamp, duration, hasAlpha: format?.includes('A') ?? false };
}
