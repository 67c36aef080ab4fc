import { MeshError } from '../../../../shared/errors.ts';
import type { NetworkShape } from '../../models/manifest.ts';
import type { ModelName } from '../../models/model-name.ts';
import type { ModelSource } from '../../models/model-source.ts';
import { type Layer, unpackLayers } from '../../networks/layers.ts';
import { compileLayer, type LayerKernel } from './layer-kernel.ts';
import { type Traits, traitsOf } from './tactics.ts';

/** A network as one device runs it. */
export interface CompiledNetwork {
  shape: NetworkShape;
  layers: readonly LayerKernel[];
}

/** The networks of one device, each loaded and compiled when it is first needed and kept as long as the device, which frees it. */
export class Networks {
  readonly #device: GPUDevice;
  readonly #models: ModelSource | undefined;
  readonly #made = new Map<ModelName, Promise<CompiledNetwork>>();

  constructor(device: GPUDevice, models: ModelSource | undefined) {
    this.#device = device;
    this.#models = models;
  }

  /** Throws what {@link ModelSource.load} throws; the next call then tries again. */
  get(name: ModelName): Promise<CompiledNetwork> {
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  async #make(name: ModelName): Promise<CompiledNetwork> {
    try {
      if (!this.#models) {
        const what = `The network '${name}' does not run here. Use 'spatial' or 'bilinear'.`;
        throw new MeshError('unknown-model', what);
      }
      const { model, bytes } = await this.#models.load(name, 'wgsl');
      return await compileNetwork(this.#device, model.network, unpackLayers(model.network, bytes));
    } catch (cause) {
      this.#made.delete(name);
      throw cause;
    }
  }
}

/** @param traits of the device, unless a test wants others. */
export async function compileNetwork(
  device: GPUDevice,
  shape: NetworkShape,
  layers: readonly Layer[],
  traits: Traits = traitsOf(device),
): Promise<CompiledNetwork> {
  const last = layers.length - 1;
  const kernels = layers.map((layer, n) =>
    compileLayer(device, shape, layer, { isFirst: n === 0, isLast: n === last }, traits),
  );
  return { shape, layers: await Promise.all(kernels) };
}
