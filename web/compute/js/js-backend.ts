import type { Backend, BackendFrames, FrameTarget, UpscaleShape } from '../backend.ts';
import { PixelFrames } from '../frames/pixel-frames.ts';
import { inSlices } from '../in-slices.ts';
import { upscaleRows } from '../reference/upscale.ts';
import { requireFilter } from '../require-filter.ts';
import type { Started, Turn } from '../schedule.ts';

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
    return new PixelFrames(target, async (image, { outWidth, outHeight }, lookUp) => {
      const pixels = new Uint8ClampedArray(outWidth * outHeight * 4);
      await inSlices(upscaleRows(image, requireFilter(target), pixels), this.#now, lookUp);
      return pixels;
    });
  }

  dispose(): void {
    // It holds nothing between two turns.
  }
}
