import { MeshError } from '../../shared/errors.ts';
import { checkArrivedTask, type PackedResult, type PackedTask } from '../../shared/tasks/catalogue.ts';
import type { InferParams } from '../../shared/tasks/infer.ts';
import type { Steps } from '../../shared/tasks/steps.ts';
import { isNetwork, NETWORKS, type Quality, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { FrameTarget } from './backend.ts';
import type { Machine } from './backend-set.ts';
import { EngineFrames } from './engine-frames.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, ExecuteOptions, FrameUpscaler } from './engine-types.ts';
import { executorOf, promisedSpeeds } from './js-backend.ts';
import { inSlices, nextMacrotask, Schedule } from './schedule.ts';
import { setUpMachine } from './select-backends.ts';
import { COMPUTE } from './tuning.ts';
import { deviceLost } from './wgsl/gpu-device.ts';

export type { EngineCapabilities, EngineOptions, ExecutedTask, FrameUpscaler };

/** The turns in which networks are measured are nobody's. */
const PROBE_OWNER = '';
const NEVER = new AbortController().signal;

/** Executes tasks and sharpens frames on this machine: the only one who touches its GPU. Lives in a worker. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #schedule: Schedule;
  readonly #frames = new Set<EngineFrames>();
  #machine: Promise<Machine>;
  #current: Machine;
  #losses = 0;
  #disposed = false;

  private constructor(options: EngineOptions, machine: Machine) {
    this.#options = options;
    this.#schedule = new Schedule({ now: options.now, rest: nextMacrotask });
    this.#current = machine;
    this.#machine = Promise.resolve(machine);
    this.#watch(machine);
  }

  /** Measures this machine first, within {@link COMPUTE.probeBudgetMs}. */
  static async create(options: EngineOptions): Promise<Engine> {
    return new Engine(options, await setUpMachine(options));
  }

  get capabilities(): EngineCapabilities {
    const { adapter, frameIn, frameOut, speeds } = this.#current;
    return {
      adapter,
      backends: {
        echo: { backend: 'js', unitsPerMs: COMPUTE.echoBytesPerMs },
        ...promisedSpeeds(),
        ...speeds,
      },
      frameIn,
      frameOut,
    };
  }

  /**
   * Tasks wait for their turn here, and owners take turns by the time they use. Throws MeshError: `unknown-task` or `malformed`; `cancelled`; `device-lost` when the device went
   * away while it ran, and then it can be given to another; `unknown-model`; `bad-input` for a model that takes other inputs; `connection-failed` when a model could not be loaded; `closed`.
   */
  async execute(type: string, packed: PackedTask, options: ExecuteOptions): Promise<ExecutedTask> {
    const { params, attachments } = checkArrivedTask(type, packed);
    if (options.signal.aborted) throw MeshError.cancelled();
    if (type === 'echo') return { value: null, attachments, backend: 'js', computeMs: 0 };
    const executor = executorOf(type);
    try {
      if (type === 'infer') return await this.#infer(params as InferParams, attachments, options);
      if (executor) return await this.#compute(type, { params, attachments }, executor, options);
      return await this.#upscale(params as UpscaleParams, attachments[0] ?? new Uint8Array(0), options);
    } catch (cause) {
      throw MeshError.from(cause);
    }
  }

  /** Measures what runs the networks before anybody asks for one; what does not run is found out then. */
  async prepareNetworks(): Promise<void> {
    for (const network of NETWORKS) {
      await this.#readyFor(network).catch(() => {
        // Whoever asks for it hears why.
      });
    }
  }

  /** Frames go before tasks, as {@link Schedule} has it. Throws MeshError `closed`. */
  openFrames({ outWidth, outHeight, quality }: FrameTarget): FrameUpscaler {
    if (this.#disposed) throw MeshError.closed('The compute engine');
    const frames = new EngineFrames({
      target: { outWidth, outHeight, quality },
      schedule: this.#schedule,
      current: () => this.#current,
      machine: () => this.#readyFor(quality),
      onDisposed: () => this.#frames.delete(frames),
    });
    this.#frames.add(frames);
    return frames;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#schedule.dispose();
    for (const frames of [...this.#frames]) frames.dispose();
    this.#current.dispose();
  }

  async #upscale(params: UpscaleParams, pixels: Uint8Array, { owner, signal }: ExecuteOptions): Promise<ExecutedTask> {
    const { now } = this.#options;
    let startMs = now();
    let backend = '';
    const ready = await orCancelled(this.#readyFor(params.quality), signal);
    const result = await this.#schedule.task(owner, signal, async (turn) => {
      const machine = await this.#machine;
      // What runs the network would have to be measured anew, and this is a turn.
      if (machine !== ready && isNetwork(params.quality)) throw deviceLost(null);
      const upscaler = machine.backendFor(params);
      backend = upscaler.name;
      startMs = now();
      return upscaler.startPixels(pixels, params, turn);
    });
    return { value: null, attachments: [result], backend, computeMs: now() - startMs };
  }

  async #infer(params: InferParams, attachments: Uint8Array[], options: ExecuteOptions): Promise<ExecutedTask> {
    const { owner, signal, onProgress } = options;
    const { inference } = await this.#machine;
    const preparing = inference.prepare({ params, attachments, onProgress }, (body) =>
      this.#schedule.task(PROBE_OWNER, NEVER, body),
    );
    const ready = await orCancelled(preparing, signal).catch((cause: unknown) => {
      // When it comes after all, nobody wants it.
      preparing.then(({ letGo }) => letGo()).catch(() => {});
      throw cause;
    });
    return inference.execute(ready, (body) => this.#schedule.task(owner, signal, body));
  }

  /** The machine, once what runs the quality was loaded and measured: outside any turn, for it may take seconds the first time. */
  async #readyFor(quality: Quality): Promise<Machine> {
    const machine = await this.#machine;
    const isNew = await machine.prepare(quality, (body) => this.#schedule.task(PROBE_OWNER, NEVER, body));
    if (isNew && !this.#disposed && machine === this.#current) this.#options.onCapabilities?.(this.capabilities);
    return machine;
  }

  async #compute(
    type: string,
    task: PackedTask,
    reference: (task: PackedTask) => Steps<PackedResult>,
    { owner, signal }: ExecuteOptions,
  ): Promise<ExecutedTask> {
    const { now } = this.#options;
    let startMs = now();
    let backend = 'js';
    const { value, attachments } = await this.#schedule.task(owner, signal, async (turn) => {
      // What only the processor runs need not wait for a new device.
      const machine = this.#current.executorOf(type, task) ? await this.#machine : this.#current;
      const faster = machine.executorOf(type, task);
      startMs = now();
      const sooner = await faster?.run(task, turn);
      if (faster && sooner) backend = faster.backend;
      const result = sooner ?? (await inSlices(reference(task), now, () => turn.giveWay()));
      return { isDone: true, finish: async () => result };
    });
    return { value, attachments, backend, computeMs: now() - startMs };
  }

  #watch(machine: Machine): void {
    if (machine.preparesNetworks) void this.prepareNetworks();
    void machine.lost.then(() => {
      if (!this.#disposed && machine === this.#current) this.#rebuild(machine);
    });
  }

  #rebuild(lost: Machine): void {
    this.#losses++;
    // Whatever takes a device away that often will take the next one too.
    const isHopeless = this.#losses > COMPUTE.maxDeviceLosses;
    this.#machine = setUpMachine(isHopeless ? { ...this.#options, preferBackend: 'js' } : this.#options).then(
      (machine) => {
        lost.dispose();
        this.#current = machine;
        if (this.#disposed) {
          machine.dispose();
          return machine;
        }
        this.#watch(machine);
        this.#options.onCapabilities?.(this.capabilities);
        return machine;
      },
    );
  }
}

/** What is waited for goes on for others. Throws MeshError `cancelled`. */
async function orCancelled<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController();
  const cancelled = new Promise<never>((_resolve, reject) => {
    const options = { once: true, signal: done.signal };
    signal.addEventListener('abort', () => reject(MeshError.cancelled()), options);
  });
  try {
    return await Promise.race([waited, cancelled]);
  } finally {
    done.abort();
  }
}
