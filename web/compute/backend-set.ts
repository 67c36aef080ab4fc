import type { PackedTask } from '../../shared/tasks/definition.ts';
import { isNetwork, type Quality } from '../../shared/tasks/upscale.ts';
import type { Backend, FrameTarget, TaskExecutor, UpscaleShape } from './backend.ts';
import type { Inference } from './infer/inference.ts';
import type { NetworkSelection, RunInSlot } from './network-selection.ts';

export interface BackendSetParts {
  adapter: string;
  frameIn: string;
  frameOut: string;
  filters: Backend;
  /** Of the filters. */
  unitsPerMs: number;
  networks: NetworkSelection;
  /** By type, where something is better than the reference. */
  executors: ReadonlyMap<string, TaskExecutor>;
  inference: Inference;
  preparesNetworks: boolean;
  lost: Promise<void>;
  /** Disposed in this order. */
  owned: readonly { dispose(): void }[];
}

/** A machine of the backends that were measured: one for filters, and for each network and size the one that is fastest there. */
export class BackendSet {
  readonly adapter: string;
  readonly frameIn: string;
  readonly frameOut: string;
  readonly preparesNetworks: boolean;
  readonly inference: Inference;
  readonly lost: Promise<void>;
  readonly #parts: BackendSetParts;

  constructor(parts: BackendSetParts) {
    this.adapter = parts.adapter;
    this.frameIn = parts.frameIn;
    this.frameOut = parts.frameOut;
    this.preparesNetworks = parts.preparesNetworks;
    this.inference = parts.inference;
    this.lost = parts.lost;
    this.#parts = parts;
  }

  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const { filters, unitsPerMs, networks, executors } = this.#parts;
    const others = [...executors].map(([type, { backend, unitsPerMs }]) => [type, { backend, unitsPerMs }]);
    return { upscale: { backend: filters.name, unitsPerMs }, ...networks.speeds, ...Object.fromEntries(others) };
  }

  async prepare(quality: Quality, run: RunInSlot): Promise<boolean> {
    return isNetwork(quality) && this.#parts.networks.prepare(quality, run);
  }

  backendFor({ quality, width, height }: UpscaleShape): Backend {
    const { filters, networks } = this.#parts;
    return isNetwork(quality) ? networks.backendFor(quality, width * height) : filters;
  }

  executorOf(type: string, task: PackedTask): TaskExecutor | undefined {
    const executor = this.#parts.executors.get(type);
    return executor?.suits(task) ? executor : undefined;
  }

  likelyBackend({ quality, outWidth, outHeight }: FrameTarget): string {
    const { filters, networks } = this.#parts;
    if (!isNetwork(quality)) return filters.name;
    // Most streams are doubled.
    return networks.find(quality, (outWidth * outHeight) / 4)?.name ?? '';
  }

  dispose(): void {
    for (const part of this.#parts.owned) part.dispose();
  }
}
