import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { type Filter, isNetwork, type Network, type Quality, upscale } from '../../shared/tasks/upscale.ts';
import { type Backend, type FrameTarget, filterAfter, type TaskExecutor, type UpscaleShape } from './backend.ts';
import type { Dialogue } from './dialogue/dialogue.ts';
import type { Inference } from './infer/inference.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { MemoryFailures } from './memory-failures.ts';
import type { NetworkBackends, RunInSlot } from './network-backends.ts';
import type { SpotChecks } from './spot-checks.ts';

const log = logger('compute.backends');

export interface BackendSetParts {
  /** Name of the GPU, or why there is none, for people. */
  adapter: string;
  /** How frames get into the backends and out of them, by now: paths that turn out to be wrong are given up. */
  framePaths(): { frameIn: string; frameOut: string };
  filters: Backend;
  /** Computes pictures that are too large for a GPU. */
  processor: Backend;
  /** Whether the backends named after WebGPU run on hardware, not on the processor. */
  hasHardwareGpu: boolean;
  /** Null where there is no GPU to check. */
  spotChecks: SpotChecks | null;
  /** Speed of `filters`, units of `upscale.cost` per ms. */
  unitsPerMs: number;
  networks: NetworkBackends;
  /** By task type, where something is faster than the reference. */
  executors: ReadonlyMap<string, TaskExecutor>;
  inference: Inference;
  dialogue: Dialogue;
  /** What was measured at start-up; the networks are added as they are measured. */
  measured: Omit<MeasuredSpeeds, 'networks'>;
  /** Whether networks are measured before they are needed: on a GPU that costs next to nothing. */
  preparesNetworks: boolean;
  lost: Promise<LostGpu>;
  now(): number;
  /** Disposed in this order. */
  owned: readonly { dispose(): void }[];
}

/** A GPU device that was lost, or given up. */
export interface LostGpu {
  /** Half a sentence on why the GPU must not be used again, for people; null: another device may be opened. */
  problem: string | null;
}

/**
 * The backends that this machine runs best with: one for the filters, the fastest for each network and size, and the executors of the
 * task types that a GPU runs faster. Selected anew when the GPU device is lost.
 */
export class BackendSet {
  readonly adapter: string;
  /** Runs ONNX models, each on the runtime that was measured to be the fastest. */
  readonly inference: Inference;
  /** Has characters answer. */
  readonly dialogue: Dialogue;
  /** Resolves when the GPU device is lost, for whatever reason, or gives wrong pixels. */
  readonly lost: Promise<LostGpu>;
  readonly #parts: BackendSetParts;
  readonly #memoryFailures: MemoryFailures;

  constructor(parts: BackendSetParts) {
    this.adapter = parts.adapter;
    this.inference = parts.inference;
    this.dialogue = parts.dialogue;
    this.lost = parts.lost;
    this.#parts = parts;
    this.#memoryFailures = new MemoryFailures(parts.now);
  }

  /** Measured speeds by kind of task: the filters, the networks so far, and the types with an executor. */
  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const { filters, unitsPerMs, networks, executors } = this.#parts;
    const others = [...executors].map(([type, { backend, unitsPerMs }]) => [type, { backend, unitsPerMs }]);
    return { upscale: { backend: filters.name, unitsPerMs }, ...networks.speeds, ...Object.fromEntries(others) };
  }

  get frameIn(): string {
    return this.#parts.framePaths().frameIn;
  }

  get frameOut(): string {
    return this.#parts.framePaths().frameOut;
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
   * Predicts the time for a picture on the backend that {@link backendFor} gives, ms; null where that is not known: of networks that were not
   * measured there, and of a GPU's filters, whose benchmark on a small picture measures mostly how long an answer is under way.
   */
  predictMs(shape: UpscaleShape): number | null {
    const { quality, width, height } = shape;
    const { filters, networks, processor } = this.#parts;
    // Undefined while the network was not measured.
    const fastest = isNetwork(quality) ? networks.find(quality, width * height) : filters;
    const backend = fastest && this.#orProcessor(fastest, shape);
    if (!isNetwork(quality)) return this.#predictFilterMs(quality, shape, backend);
    const doubledMs = networks.predictMs(quality, width * height, backend === fastest ? undefined : processor.name);
    const filter = filterAfter(shape);
    return doubledMs === null ? null : doubledMs + (filter ? (this.#predictFilterMs(filter, shape, backend) ?? 0) : 0);
  }

  /** Whether a hardware GPU will probably compute a picture with a network. */
  isOnGpu(shape: UpscaleShape): boolean {
    const { quality, width, height } = shape;
    const { networks, hasHardwareGpu } = this.#parts;
    if (!isNetwork(quality) || !hasHardwareGpu) return false;
    const fastest = networks.find(quality, width * height);
    const name = fastest ? this.#orProcessor(fastest, shape).name : networks.likelyBackend(quality, width * height);
    return name === 'wgsl' || name === 'ort-webgpu';
  }

  /** Whether a network is worth loading before anybody asks for it. */
  isWorthPreparing(network: Network): boolean {
    const { preparesNetworks, networks } = this.#parts;
    return preparesNetworks && networks.isWorthPreparing(network);
  }

  #predictFilterMs(quality: Filter, shape: UpscaleShape, { name } = this.#parts.filters): number | null {
    return name === 'wgsl' ? null : upscale.cost({ ...shape, quality }) / this.#parts.measured.cpuUnitsPerMs;
  }

  /** The fastest backend that computes a prepared quality right and has room for the picture. Throws MeshError `unknown-model`. */
  backendFor(shape: UpscaleShape): Backend {
    const { quality, width, height } = shape;
    const { filters, networks, spotChecks } = this.#parts;
    const fastest = isNetwork(quality) ? networks.backendFor(quality, width * height) : filters;
    const backend = this.#orProcessor(fastest, shape);
    return spotChecks?.watch(backend) ?? backend;
  }

  /** The processor computes what is too large for the fastest backend. */
  #orProcessor(fastest: Backend, shape: UpscaleShape): Backend {
    const { processor } = this.#parts;
    if (isNetwork(shape.quality) && !processor.prepare) return fastest;
    const hasRoom = (fastest.fits?.(shape) ?? true) && !this.#memoryFailures.has(fastest.name, shape);
    return hasRoom ? fastest : processor;
  }

  /**
   * A backend failed. Returns whether {@link backendFor} now gives another one for the same picture: when a GPU has no memory for it, the
   * processor computes it and all that are as large for a while, since trying each again would fail each time.
   */
  hasOther(backend: Backend, shape: UpscaleShape, cause: unknown): boolean {
    const { processor } = this.#parts;
    const { quality, width, height, outWidth, outHeight } = shape;
    if (!(cause instanceof MeshError) || cause.reason !== 'too-large' || backend.name === processor.name) return false;
    if (isNetwork(quality) && !processor.prepare) return false;
    // What its limits forbid says nothing about its memory: a narrow picture is too long, and one with more pixels is not.
    if (backend.fits?.(shape) ?? true) this.#memoryFailures.add(backend.name, shape);
    log.warn('a picture is too large for the GPU; the processor computes it', {
      quality,
      sizes: `${width}x${height} to ${outWidth}x${outHeight}`,
    });
    return true;
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
