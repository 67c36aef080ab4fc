import type { Backend, BackendFrames, FrameTarget, UpscaleShape } from '../backend.ts';
import { checkFrameShape } from '../frames/check-ratio.ts';
import { makeFrame, timeOf } from '../frames/make-frame.ts';
import { RgbaReader } from '../frames/rgba-reader.ts';
import { nextMacrotask } from '../macrotask.ts';
import { upscaleRows } from '../reference/upscale.ts';
import { requireFilter } from '../require-filter.ts';
import type { Started, Turn } from '../schedule.ts';
import { inSlices } from './in-slices.ts';

/** The reference, on this computer's processor: for browsers without WebGPU, and where a software adapter would be slower. */
export class JsBackend implements Backend {
  readonly name = 'js';
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async startPixels(data: Uint8Array, shape: UpscaleShape, turn: Turn): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const { width, height, outWidth, outHeight } = shape;
    const out = new Uint8ClampedArray(outWidth * outHeight * 4);
    await inSlices(upscaleRows({ width, height, data }, requireFilter(shape), out), this.#now, () => turn.giveWay());
    return { isDone: true, finish: async () => new Uint8Array(out.buffer) };
  }

  openFrames(target: FrameTarget): BackendFrames {
    return new JsFrames(target, this.#now);
  }

  dispose(): void {
    // It holds nothing between two turns.
  }
}

/** Nothing is computed before a frame that has begun, but messages still get in. */
class JsFrames implements BackendFrames {
  readonly #target: FrameTarget;
  readonly #now: () => number;
  readonly #reader = new RgbaReader();

  constructor(target: FrameTarget, now: () => number) {
    this.#target = target;
    this.#now = now;
  }

  async start(frame: VideoFrame): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const image = await this.#reader.read(frame);
    const { outWidth: width, outHeight: height } = this.#target;
    checkFrameShape({ ...this.#target, width: image.width, height: image.height });
    const pixels = new Uint8ClampedArray(width * height * 4);
    await inSlices(upscaleRows(image, requireFilter(this.#target), pixels), this.#now, nextMacrotask);
    return { isDone: true, finish: async () => makeFrame(pixels, { width, height, strideBytes: width * 4 }, time) };
  }

  dispose(): void {
    // The reader's buffer goes with it.
  }
}
