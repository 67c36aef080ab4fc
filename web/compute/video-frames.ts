import { lacking } from '../../shared/browser-needs.ts';
import { MeshError } from '../../shared/errors.ts';
import { upscale } from '../../shared/tasks/upscale.ts';
import type { BackendFrames, FrameTarget, UpscaleShape } from './backend.ts';
import { DetailFrameMaker } from './detail-frames.ts';
import { type FrameTime, isUpright, orientationOf, timeOf, turned, uprightSize } from './frame-orientation.ts';
import { detailRows } from './reference/detail.ts';
import { runInSlices, type Started, type TimeSlot } from './schedule.ts';
import { conversionOf, planarFormat, rgbaOfPlanes } from './yuv.ts';

/** The visible pixels of a frame. The reader overwrites `data` with its next frame. */
export interface FramePixels {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the pixels that `drawImage` shows of a frame, upright, whatever the decoder gave: the colour rule of docs/design.md, "Compute". Uses
 * `copyTo` where the browser converts (Chromium), a conversion of our own where it does so inexactly, and otherwise a 2D canvas, which works in
 * every browser with VideoFrame.
 */
export class RgbaReader {
  #data = new Uint8ClampedArray(0);
  #planes = new Uint8Array(0);
  #canvas: OffscreenCanvas | null = null;

  /** Throws MeshError `source-ended` for a closed frame, `unsupported-browser`. */
  async read(frame: VideoFrame): Promise<FramePixels> {
    const { width, height } = uprightSize(frame);
    const sizeBytes = width * height * 4;
    if (this.#data.byteLength !== sizeBytes) this.#data = new Uint8ClampedArray(sizeBytes);
    const data = new Uint8Array(this.#data.buffer);
    const orientation = orientationOf(frame);
    const { visibleRect: stored } = frame;
    const conversion = conversionOf(frame);
    if (stored && conversion !== 'canvas' && canConvert(frame, sizeBytes)) {
      await this.#copy(frame, conversion, stored);
      if (isUpright(orientation)) return { width, height, data };
      return { width, height, data: turned(data, stored, orientation) };
    }
    this.#draw(frame, width, height);
    return { width, height, data };
  }

  /** As the pixels are stored, before any rotation. */
  async #copy(frame: VideoFrame, conversion: 'browser' | 'planes', { width, height }: DOMRectReadOnly): Promise<void> {
    const format = planarFormat(frame.format);
    if (!format || conversion === 'browser') {
      await frame.copyTo(this.#data, RGBA);
      return;
    }
    const sizeBytes = frame.allocationSize();
    if (this.#planes.byteLength !== sizeBytes) this.#planes = new Uint8Array(sizeBytes);
    const layout = await frame.copyTo(this.#planes);
    rgbaOfPlanes({ format, bytes: this.#planes, layout, width, height }, this.#data);
  }

  #draw(frame: VideoFrame, width: number, height: number): void {
    if (this.#canvas?.width !== width || this.#canvas.height !== height)
      this.#canvas = new OffscreenCanvas(width, height);
    // With `willReadFrequently` the processor would draw, with the inexact conversion of `copyTo`.
    const context = this.#canvas.getContext('2d', { willReadFrequently: false });
    if (!context) throw lacking('pixelReading');
    context.clearRect(0, 0, width, height);
    context.drawImage(frame, 0, 0, width, height);
    this.#data.set(context.getImageData(0, 0, width, height).data);
  }
}

const RGBA = { format: 'RGBA', colorSpace: 'srgb' } as const;

/** A browser that ignores `format` would copy planes instead. The size it asks for shows that. */
function canConvert(frame: VideoFrame, sizeBytes: number): boolean {
  try {
    return frame.allocationSize(RGBA) === sizeBytes;
  } catch {
    // The browser refuses by throwing: then the canvas converts.
    return false;
  }
}

/** Formats of 8 bits a sample; null is a frame that never leaves the GPU. */
const PLAIN_FORMATS: readonly (string | null)[] = ['I420', 'I420A', 'NV12', 'RGBA', 'RGBX', 'BGRA', 'BGRX', null];
/** Colour spaces whose frames Chromium imports with the colours that `drawImage` shows. */
const PLAIN_PRIMARIES: readonly (string | null)[] = ['bt709'];
const PLAIN_TRANSFERS: readonly (string | null)[] = ['bt709', 'smpte170m', 'iec61966-2-1'];

/**
 * Whether a frame may enter a GPU by a fast path; others are read by the processor. As measured (wgsl/frame-kinds.gl.browser.test.ts), Chromium's
 * fast paths
 *
 * - convert BT.601 primaries, which `drawImage` shows as they are (40 of 255), and leave PQ and HLG unconverted;
 * - sample a picture cut out of the middle of a frame beside its edges (80 of 255);
 * - copy a frame with pixels that are not square stretched, and so only a part of it.
 */
export function isPlain(frame: VideoFrame): boolean {
  const { format, colorSpace, visibleRect, displayWidth, displayHeight } = frame;
  if (!visibleRect || !isUpright(orientationOf(frame))) return false;
  return (
    PLAIN_FORMATS.includes(format) &&
    PLAIN_PRIMARIES.includes(colorSpace.primaries) &&
    PLAIN_TRANSFERS.includes(colorSpace.transfer) &&
    visibleRect.x === 0 &&
    visibleRect.y === 0 &&
    visibleRect.width === displayWidth &&
    visibleRect.height === displayHeight
  );
}

/** The colour space of every frame made here. Without it a browser guesses from the size, and colours shift. */
const SRGB: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'iec61966-2-1',
  matrix: 'rgb',
  fullRange: true,
};

/** Makes a frame of RGBA pixels, copied out of `data`; `strideBytes` from row to row. Time and alpha are those of the source frame. */
export function makeFrame(
  data: AllowSharedBufferSource,
  size: { width: number; height: number; strideBytes: number },
  source: FrameTime,
): VideoFrame {
  return new VideoFrame(data, {
    // An encoder that is given an alpha plane would encode it for nothing.
    format: source.hasAlpha ? 'RGBA' : 'RGBX',
    codedWidth: size.width,
    codedHeight: size.height,
    layout: [{ offset: 0, stride: size.strideBytes }],
    timestamp: source.timestamp,
    colorSpace: SRGB,
    ...(source.duration === null ? {} : { duration: source.duration }),
  });
}

/** Checks a frame's size: a stream's source may change it at any time. Throws MeshError `bad-input`. */
export function checkFrameShape({ width, height, outWidth, outHeight, quality }: UpscaleShape): void {
  if (upscale.params.safeParse({ width, height, outWidth, outHeight, quality }).success) return;
  throw MeshError.badInput(
    `Frames of ${width}x${height} cannot become ${outWidth}x${outHeight}: 1 to 4 times as large on each axis. Open a new stream.`,
  );
}

/** Upscales pixels. `yieldNow` is called between parts of long work. Throws MeshError. */
export type UpscalePixels = (
  image: FramePixels,
  target: FrameTarget,
  yieldNow: () => Promise<void>,
) => Promise<Uint8ClampedArray<ArrayBuffer>>;

/** Frames of one stream on a backend that needs their pixels. Tasks run between the parts of a frame, when it is their turn. */
export class PixelFrames implements BackendFrames {
  readonly #target: FrameTarget;
  readonly #upscale: UpscalePixels;
  readonly #now: () => number;
  readonly #reader = new RgbaReader();
  readonly #detailFrames = new DetailFrameMaker();

  constructor(target: FrameTarget, upscale: UpscalePixels, now: () => number) {
    this.#target = target;
    this.#upscale = upscale;
    this.#now = now;
  }

  async start(frame: VideoFrame, slot: TimeSlot): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const image = await this.#reader.read(frame);
    const { outWidth: width, outHeight: height, detail } = this.#target;
    checkFrameShape({ ...this.#target, width: image.width, height: image.height });
    const yieldNow = () => slot.yieldNow();
    const data = await this.#upscale(image, this.#target, yieldNow);
    if (!detail) {
      return { isDone: true, finish: async () => makeFrame(data, { width, height, strideBytes: width * 4 }, time) };
    }
    const codes = new Uint8Array(width * height);
    await runInSlices(detailRows(image, { width, height, data }, detail, codes), this.#now, yieldNow);
    return {
      isDone: true,
      finish: async () => this.#detailFrames.make({ codes, width, height, strideBytes: width }, time),
    };
  }

  dispose(): void {
    // Nothing to free but the reader's buffer.
  }
}
