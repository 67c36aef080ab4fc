import { INPUT_KINDS, isNetwork, type Network } from '../../../shared/tasks/upscale.ts';
import type { PictureShape } from '../backend.ts';
import { modelName } from '../models/model-name.ts';
import type { ModelSource } from '../models/model-source.ts';
import { filterAfter } from '../networks/filter-after.ts';
import { checkNetworkFits, NetworkPasses } from './networks/network-passes.ts';
import { Networks } from './networks/networks.ts';
import { FilterPasses, type Passes } from './passes.ts';
import { Pipelines, type SourceKind } from './pipelines.ts';

/** How each quality is made on one device: what is compiled for it, once, and which passes it takes. */
export class Recipes {
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #networks: Networks;

  /** @param models where networks come from; without it there are none. */
  constructor(device: GPUDevice, models?: ModelSource) {
    this.#device = device;
    this.#pipelines = new Pipelines(device);
    this.#networks = new Networks(device, models);
  }

  /** Loads and compiles a network for every kind of picture. Throws what {@link ModelSource.load} throws. */
  async prepare(network: Network): Promise<void> {
    await Promise.all(INPUT_KINDS.map((input) => this.#networks.get(modelName(network, input))));
  }

  /** Compiles what it takes, and gives what makes the passes without waiting. Throws what {@link ModelSource.load} throws. */
  async passesFor(shape: PictureShape, source: SourceKind): Promise<() => Passes> {
    const { quality, input } = shape;
    if (!isNetwork(quality)) {
      const kernel = await this.#pipelines.get(quality, source);
      return () => new FilterPasses(this.#device, kernel, shape);
    }
    const resizing = filterAfter(shape);
    const [network, copy, resize] = await Promise.all([
      this.#networks.get(modelName(quality, input)),
      source === 'external' ? this.#pipelines.get('bilinear', 'external') : null,
      resizing && this.#pipelines.get(resizing, 'texture'),
    ]);
    checkNetworkFits(this.#device, network, shape);
    return () => new NetworkPasses(this.#device, { network, copy, resize }, shape);
  }
}
