import type { Backend, BackendFrames, FrameTarget, UpscaleShape } from '../backend.ts';
import type { ModelSource } from '../models/model-source.ts';
import { isIdentity } from '../reference/upscale.ts';
import type { Started } from '../schedule.ts';
import { type FrameWays, SAFE_WAYS } from './frame-ways.ts';
import { Pipelines } from './pipelines.ts';
import { SurfaceStore } from './surface-store.ts';
import { WgslFrames } from './wgsl-frames.ts';

/** The kernels on a WebGPU device that is ours, and destroyed with this. */
export class WgslBackend implements Backend {
  readonly name = 'wgsl';
  /** Settled by the self-test at start-up. */
  ways: FrameWays = SAFE_WAYS;
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #surfaces: SurfaceStore;

  constructor(device: GPUDevice, _models?: ModelSource) {
    this.#device = device;
    this.#pipelines = new Pipelines(device);
    this.#surfaces = new SurfaceStore(device, this.#pipelines);
  }

  async startPixels(pixels: Uint8Array, shape: UpscaleShape): Promise<Started<Uint8Array<ArrayBuffer>>> {
    if (shape.quality === 'bilinear' && isIdentity(shape, shape)) {
      const copy = pixels.slice();
      return { isDone: true, finish: async () => copy };
    }
    const { outWidth, outHeight } = shape;
    const surface = await this.#surfaces.get(shape);
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
    return new WgslFrames(this.#device, this.#pipelines, target, this.ways);
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
