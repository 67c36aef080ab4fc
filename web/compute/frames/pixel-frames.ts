import type { BackendFrames, FrameTarget } from '../backend.ts';
import { nextMacrotask } from '../macrotask.ts';
import type { Started } from '../schedule.ts';
import { checkFrameShape } from './check-ratio.ts';
import { makeFrame, timeOf } from './make-frame.ts';
import { type FramePixels, RgbaReader } from './rgba-reader.ts';

/** Gives the sharp picture's pixels. `lookUp` is called between the parts of long work. Throws MeshError. */
export type UpscalePixels = (
  image: FramePixels,
  target: FrameTarget,
  lookUp: () => Promise<void>,
) => Promise<Uint8ClampedArray<ArrayBuffer>>;

/** One stream's frames where the processor has their pixels. Nothing is computed before a frame that has begun, but messages still get in. */
export class PixelFrames implements BackendFrames {
  readonly #target: FrameTarget;
  readonly #upscale: UpscalePixels;
  readonly #reader = new RgbaReader();

  constructor(target: FrameTarget, upscale: UpscalePixels) {
    this.#target = target;
    this.#upscale = upscale;
  }

  async start(frame: VideoFrame): Promise<Started<VideoFrame>> {
    const time = timeOf(frame);
    const image = await this.#reader.read(frame);
    const { outWidth: width, outHeight: height } = this.#target;
    checkFrameShape({ ...this.#target, width: image.width, height: image.height });
    const pixels = await this.#upscale(image, this.#target, nextMacrotask);
    return { isDone: true, finish: async () => makeFrame(pixels, { width, height, strideBytes: width * 4 }, time) };
  }

  dispose(): void {
    // The reader's buffer goes with it.
  }
}
