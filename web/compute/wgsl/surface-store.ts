import type { PictureShape } from '../backend.ts';
import { COMPUTE } from '../tuning.ts';
import type { Recipes } from './recipes.ts';
import { Surface } from './surface.ts';

/** The surfaces of shapes that tasks came in, the latest used last; the oldest go when they take too much memory. */
export class SurfaceStore {
  readonly #device: GPUDevice;
  readonly #recipes: Recipes;
  readonly #surfaces = new Map<string, Surface>();

  constructor(device: GPUDevice, recipes: Recipes) {
    this.#device = device;
    this.#recipes = recipes;
  }

  /** Called by one task at a time, which is done submitting before the next asks. Throws what {@link Surface.create} throws. */
  async get(shape: PictureShape): Promise<Surface> {
    const { width, height, outWidth, outHeight, quality, input } = shape;
    const key = [width, height, outWidth, outHeight, quality, input].join(' ');
    const kept = this.#surfaces.get(key);
    this.#surfaces.delete(key);
    this.#makeRoom();
    const surface = kept ?? (await Surface.create(this.#device, this.#recipes, shape, 'texture'));
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
