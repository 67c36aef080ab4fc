/** Frames of every kind that a source may give, painted with known colours: for the self-test at start-up, and for tests. */

import type { PictureSize } from '../../shared/tasks/upscale-size.ts';

/** The colour at a pixel: red, green, blue and, where it is translucent, alpha; 0..255. */
export type Painting = (x: number, y: number) => readonly number[];

/** Further properties of a frame; TypeScript's types are older than the last two. */
export interface FrameExtras extends Omit<VideoFrameInit, 'timestamp'> {
  rotation?: number;
  flip?: boolean;
}

/** The properties that TypeScript's list of names lacks are checked by the browser. */
export function colorSpaceOf(
  matrix: string,
  { fullRange = false, primaries = 'bt709', transfer = 'bt709' } = {},
): VideoColorSpaceInit {
  return { matrix, fullRange, primaries, transfer } as VideoColorSpaceInit;
}

/** Luma weights of red and blue (ITU-R BT.601 and BT.709). */
const LUMA_WEIGHTS: Record<string, readonly [number, number]> = { bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114] };

function yuvOf([red = 0, green = 0, blue = 0]: readonly number[], { matrix, fullRange }: VideoColorSpaceInit) {
  const [kr, kb] = LUMA_WEIGHTS[matrix ?? ''] ?? [0, 0];
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const [lumaScale, chromaScale, black] = fullRange ? [1, 1, 0] : [219 / 255, 224 / 255, 16];
  return [
    black + luma * lumaScale,
    128 + ((blue - luma) / (2 * (1 - kb))) * chromaScale,
    128 + ((red - luma) / (2 * (1 - kr))) * chromaScale,
  ] as const;
}

/** A 4:2:0 frame; a chroma sample is the average of its pixels. */
export function yuvFrame(
  format: 'I420' | 'I420A' | 'NV12',
  { width, height }: PictureSize,
  colorSpace: VideoColorSpaceInit,
  painting: Painting,
  extras: FrameExtras = {},
): VideoFrame {
  const luma: number[] = [];
  const alpha: number[] = [];
  const blue: number[] = [];
  const red: number[] = [];
  const at = (x: number, y: number) => yuvOf(painting(Math.min(x, width - 1), Math.min(y, height - 1)), colorSpace);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      luma.push(at(x, y)[0]);
      alpha.push(painting(x, y)[3] ?? 255);
      if (x % 2 === 1 || y % 2 === 1) continue;
      const pixels = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
      blue.push(pixels.reduce((sum, [, cb]) => sum + cb / 4, 0));
      red.push(pixels.reduce((sum, [, , cr]) => sum + cr / 4, 0));
    }
  }
  const chroma = format === 'NV12' ? blue.flatMap((cb, n) => [cb, red[n] ?? 0]) : [...blue, ...red];
  const values = [...luma, ...chroma, ...(format === 'I420A' ? alpha : [])];
  const data = Uint8ClampedArray.from(values);
  return frameOf(data, { format, codedWidth: width, codedHeight: height, timestamp: 1, colorSpace }, extras);
}

export function rgbFrame(
  format: 'RGBX' | 'RGBA' | 'BGRX' | 'BGRA',
  { width, height }: PictureSize,
  colorSpace: VideoColorSpaceInit | undefined,
  painting: Painting,
  extras: FrameExtras = {},
): VideoFrame {
  const data = painted({ width, height }, painting);
  if (format.startsWith('B')) {
    for (let i = 0; i < data.length; i += 4) data.set([data[i + 2] ?? 0, data[i + 1] ?? 0, data[i] ?? 0], i);
  }
  const init = { format, codedWidth: width, codedHeight: height, timestamp: 1, ...(colorSpace && { colorSpace }) };
  return frameOf(data, init, extras);
}

/** A frame of a 2D canvas. */
export function canvasFrame(size: PictureSize, painting: Painting, colorSpace: PredefinedColorSpace = 'srgb') {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d', { colorSpace });
  context?.putImageData(new ImageData(painted(size, painting), size.width, size.height, { colorSpace }), 0, 0);
  return new VideoFrame(canvas, { timestamp: 1 });
}

/** The part of a frame, which is closed. */
export function cut(frame: VideoFrame, x: number, y: number, { width, height }: PictureSize): VideoFrame {
  const part = new VideoFrame(frame, { timestamp: 1, visibleRect: { x, y, width, height } });
  frame.close();
  return part;
}

function frameOf(data: Uint8ClampedArray<ArrayBuffer>, init: VideoFrameBufferInit, extras: FrameExtras): VideoFrame {
  return new VideoFrame(data, { ...init, ...extras });
}

function painted({ width, height }: PictureSize, painting: Painting): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0, alpha = 255] = painting(x, y);
      data.set([red, green, blue, alpha], (y * width + x) * 4);
    }
  }
  return data;
}
