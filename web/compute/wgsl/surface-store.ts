import { COMPUTE } from '../../../shared/tuning.ts';
import type { UpscaleShape } from '../backend.ts';
import type { Pipelines } from './pipelines.ts';
import { Surface } from './surface.ts';

/** The surfaces of shapes that tasks came in, the latest used last; the oldest go when they take too much memory. */
export class SurfaceStore {
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #surfaces = new Map<string, Surface>();

  constructor(device: GPUDevice, pipelines: Pipelines) {
    this.#device = device;
    this.#pipelines = pipelines;
  }

  /** Called by one task at a time, which is done submitting before the next asks. Throws MeshError `too-large`. */
  async get(shape: UpscaleShape): Promise<Surface> {
    const { width, height, outWidth, outHeight, quality } = shape;
    const key = [width, height, outWidth, outHeight, quality].join(' ');
    const kept = this.#surfaces.get(key);
    this.#surfaces.delete(key);
    this.#makeRoom();
    const surface = kept ?? (await Surface.create(this.#device, this.#pipelines, shape));
    this.#surfaces.set(key, surface);
    return surface;
  }

  dispose(): void {
    for (const surface of this.#surfaces.values()) surface.dispose();
    this.#surfaces.clear();
  }

  #makeRoom(): void {
    let sizeBytes = 0;
    // From the latest to the oldest: what still fits stays.
    for (const [key, surface] of [...this.#surfaces].reverse()) {
      sizeBytes += surface.sizeBytes;
      if (sizeBytes <= COMPUTE.maxKeptBytes) continue;
      surface.dispose();
      this.#surfaces.delete(key);
    }
  }
}
