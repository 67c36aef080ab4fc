import { isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import type { Backend, BackendFrames, FrameTarget } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import { inputKindOf } from '../networks/input-kind.ts';
import { isIdentity } from '../reference/upscale.ts';
import type { Started } from '../schedule.ts';
import { type FrameWays, SAFE_WAYS } from './frame-ways.ts';
import { Recipes } from './recipes.ts';
import { SurfaceStore } from './surface-store.ts';
import { WgslFrames } from './wgsl-frames.ts';

/** The kernels on a WebGPU device that is ours, and destroyed with this. */
export class WgslBackend implements Backend {
  readonly name = 'wgsl';
  /** Settled by the self-test at start-up. */
  ways: FrameWays = SAFE_WAYS;
  readonly #device: GPUDevice;
  readonly #recipes: Recipes;
  readonly #surfaces: SurfaceStore;

  /** @param models where networks come from; without it there are none here. */
  constructor(device: GPUDevice, models?: ModelSource) {
    this.#device = device;
    this.#recipes = new Recipes(device, models);
    this.#surfaces = new SurfaceStore(device, this.#recipes);
  }

  async prepare(quality: Quality): Promise<void> {
    if (isNetwork(quality)) await this.#recipes.prepare(quality);
  }

  async startPixels(pixels: Uint8Array, shape: UpscaleParams): Promise<Started<Uint8Array<ArrayBuffer>>> {
    if (shape.quality === 'bilinear' && isIdentity(shape, shape)) {
      const copy = pixels.slice();
      return { isDone: true, finish: async () => copy };
    }
    const { width, height, outWidth, outHeight, quality } = shape;
    const input = isNetwork(quality) ? (shape.input ?? inputKindOf({ width, height, data: pixels })) : 'smooth';
    const surface = await this.#surfaces.get({ ...shape, input });
    const readback = await surface.ring.take();
    surface.upload(pixels);
    surface.submit(readback);
    const { strideBytes } = surface.ring;
    // Read even when nobody waits for it any more: the buffer goes back to its ring.
    const result = surface.ring.read(readback, (bytes) => unpadded(bytes, strideBytes, outWidth * 4, outHeight));
    result.catch(() => {
      // Whoever calls finish() hears of it.
    });
    return { isDone: false, finish: () => result };
  }

  openFrames(target: FrameTarget): BackendFrames {
    return new WgslFrames(this.#device, this.#recipes, target, this.ways);
  }

  dispose(): void {
    this.#surfaces.dispose();
    this.#device.destroy();
  }
}

function unpadded(bytes: ArrayBuffer, strideBytes: number, rowBytes: number, rows: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(bytes);
  if (strideBytes === rowBytes) return padded.slice(0, rowBytes * rows);
  const result = new Uint8Array(rowBytes * rows);
  for (let y = 0; y < rows; y++) result.set(padded.subarray(y * strideBytes, y * strideBytes + rowBytes), y * rowBytes);
  return result;
}
