import type { PackedTask } from '../../shared/tasks/definition.ts';
import { type Filter, isNetwork, type Quality, upscale } from '../../shared/tasks/upscale.ts';
import { type Backend, type FrameTarget, filterAfter, type TaskExecutor, type UpscaleShape } from './backend.ts';
import type { Inference } from './infer/inference.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import type { NetworkSelection, RunInSlot } from './network-selection.ts';

export interface BackendSetParts {
  /** Name of the GPU, or why there is none, for people. */
  adapter: string;
  frameIn: string;
  frameOut: string;
  filters: Backend;
  /** Speed of `filters`, units of `upscale.cost` per ms. */
  unitsPerMs: number;
  networks: NetworkSelection;
  /** By task type, where something is faster than the reference. */
  executors: ReadonlyMap<string, TaskExecutor>;
  inference: Inference;
  /** What was measured at start-up; the networks are added as they are measured. */
  measured: Omit<MeasuredSpeeds, 'networks'>;
  preparesNetworks: boolean;
  lost: Promise<void>;
  /** Disposed in this order. */
  owned: readonly { dispose(): void }[];
}

/**
 * The backends that this machine runs best with: one for the filters, the fastest for each network and size, and the executors of the
 * task types that a GPU runs faster. Selected anew when the GPU device is lost.
 */
export class BackendSet {
  readonly adapter: string;
  readonly frameIn: string;
  readonly frameOut: string;
  /** Whether networks are measured before they are needed: on a GPU that costs next to nothing. */
  readonly preparesNetworks: boolean;
  /** Runs ONNX models, each on the runtime that was measured to be the fastest. */
  readonly inference: Inference;
  /** Resolves when the GPU device is lost, for whatever reason. */
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

  /** Measured speeds by kind of task: the filters, the networks so far, and the types with an executor. */
  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const { filters, unitsPerMs, networks, executors } = this.#parts;
    const others = [...executors].map(([type, { backend, unitsPerMs }]) => [type, { backend, unitsPerMs }]);
    return { upscale: { backend: filters.name, unitsPerMs }, ...networks.speeds, ...Object.fromEntries(others) };
  }

  get measuredSpeeds(): MeasuredSpeeds {
    return { ...this.#parts.measured, networks: this.#parts.networks.costs };
  }

  /**
   * Measures what runs a quality, once. Resolves to whether this call measured it. Throws MeshError `unknown-model` when nothing here
   * runs it, `connection-failed` when its files cannot be fetched.
   */
  async prepare(quality: Quality, run: RunInSlot): Promise<boolean> {
    return isNetwork(quality) && this.#parts.networks.prepare(quality, run);
  }

  /**
   * Predicts the time for a picture, ms; null where that is not known: of networks that were not measured, and of a GPU's filters, whose
   * benchmark on a small picture measures mostly how long an answer is under way.
   */
  predictMs(shape: UpscaleShape): number | null {
    const { quality, width, height } = shape;
    if (!isNetwork(quality)) return this.#predictFilterMs(quality, shape);
    const doubledMs = this.#parts.networks.predictMs(quality, width * height);
    const filter = filterAfter(shape);
    return doubledMs === null ? null : doubledMs + (filter ? (this.#predictFilterMs(filter, shape) ?? 0) : 0);
  }

  #predictFilterMs(quality: Filter, shape: UpscaleShape): number | null {
    const { filters, unitsPerMs } = this.#parts;
    return filters.name === 'wgsl' ? null : upscale.cost({ ...shape, quality }) / unitsPerMs;
  }

  /** The fastest backend that computes a prepared quality right. Throws MeshError `unknown-model`. */
  backendFor({ quality, width, height }: UpscaleShape): Backend {
    const { filters, networks } = this.#parts;
    return isNetwork(quality) ? networks.backendFor(quality, width * height) : filters;
  }

  /** What runs a task faster than the reference on the processor; undefined where the reference is the fastest. */
  executorOf(type: string, task: PackedTask): TaskExecutor | undefined {
    const executor = this.#parts.executors.get(type);
    return executor?.suits(task) ? executor : undefined;
  }

  /** Name of the backend that will probably sharpen a stream; empty while that is not known. */
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
