import type { PackedTask } from '../../shared/tasks/definition.ts';
import { isNetwork, type Quality } from '../../shared/tasks/upscale.ts';
import type { Backend, FrameTarget, TaskExecutor, UpscaleShape } from './backend.ts';
import type { Inference } from './infer/inference.ts';
import type { NetworkChoice, RunInTurn } from './network-selection.ts';

/** What a machine was found to be able to do. Made anew when its device was lost. */
export interface Machine {
  adapter: string;
  frameIn: string;
  frameOut: string;
  /** Of what was measured, by kind of task: filters, the networks so far, and what {@link executorOf} gives. */
  readonly speeds: Record<string, { backend: string; unitsPerMs: number }>;
  /** Its networks are measured before anybody asks: that costs a GPU next to nothing. */
  preparesNetworks: boolean;
  /**
   * Has what runs a quality measured, once; resolves to whether something new is known. Throws MeshError `unknown-model` when nothing
   * here runs it, `connection-failed` when it could not be loaded.
   */
  prepare(quality: Quality, run: RunInTurn): Promise<boolean>;
  /** The fastest that gives right answers, once it was prepared. Throws MeshError `unknown-model`. */
  backendFor(shape: UpscaleShape): Backend;
  /** What runs a task of this type faster than the reference on the processor, and as right; undefined where that is the best. */
  executorOf(type: string, task: PackedTask): TaskExecutor | undefined;
  /** What is likely to sharpen a stream, by name; empty while that is not known. */
  likelyBackend(target: FrameTarget): string;
  /** Runs ONNX models, with what measured faster for each. */
  readonly inference: Inference;
  /** Resolves when its device has gone, for whatever reason. */
  lost: Promise<void>;
  dispose(): void;
}

export interface MachineParts {
  adapter: string;
  frameIn: string;
  frameOut: string;
  filters: Backend;
  /** Of the filters. */
  unitsPerMs: number;
  networks: NetworkChoice;
  /** By type, where something is better than the reference. */
  executors: ReadonlyMap<string, TaskExecutor>;
  inference: Inference;
  preparesNetworks: boolean;
  lost: Promise<void>;
  /** Disposed in this order. */
  owned: readonly { dispose(): void }[];
}

/** A machine of the backends that were measured: one for filters, and for each network and size the one that is fastest there. */
export class MeasuredMachine implements Machine {
  readonly adapter: string;
  readonly frameIn: string;
  readonly frameOut: string;
  readonly preparesNetworks: boolean;
  readonly inference: Inference;
  readonly lost: Promise<void>;
  readonly #parts: MachineParts;

  constructor(parts: MachineParts) {
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

  async prepare(quality: Quality, run: RunInTurn): Promise<boolean> {
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
