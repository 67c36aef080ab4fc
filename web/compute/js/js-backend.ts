import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { COMPUTE } from '../../../shared/tuning.ts';
import type { Backend, BackendFrames, FrameTarget, Started, UpscaleShape } from '../backend.ts';
import { checkFrameShape } from '../frames/check-ratio.ts';
import { makeFrame, timeOf } from '../frames/make-frame.ts';
import { RgbaReader } from '../frames/rgba-reader.ts';
import { type UpscaleTarget, upscaleReference, upscaleRows } from '../reference/upscale.ts';
import type { Turn } from '../schedule.ts';

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
    await this.#upscale({ width, height, data }, shape, out, turn);
    return { finish: async () => new Uint8Array(out.buffer) };
  }

  openFrames(target: FrameTarget): BackendFrames {
    return new JsFrames(target);
  }

  dispose(): void {
    // It holds nothing between two turns.
  }

  async #upscale(image: PixelImage, target: UpscaleTarget, out: Uint8ClampedArray, turn: Turn): Promise<void> {
    let sliceStartMs = this.#now();
    for (const _row of upscaleRows(image, target, out)) {
      if (this.#now() - sliceStartMs < COMPUTE.sliceMs) continue;
      await turn.giveWay();
      sliceStartMs = this.#now();
    }
  }
}

/** Frames are computed in one go: nothing goes before them. */
class JsFrames implements BackendFrames {
  readonly #target: FrameTarget;
  readonly #reader = new RgbaReader();

  constructor(target: FrameTarget) {
    this.#target = target;
  }

  async start(frame: VideoFrame): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const image = await this.#reader.read(frame);
    const { outWidth: width, outHeight: height } = this.#target;
    checkFrameShape({ ...this.#target, width: image.width, height: image.height });
    const pixels = upscaleReference(image, this.#target);
    return { finish: async () => makeFrame(pixels, { width, height, strideBytes: width * 4 }, time) };
  }

  dispose(): void {
    // The reader's buffer goes with it.
  }
}
