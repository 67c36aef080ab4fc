import { MeshError } from '../../shared/errors.ts';
import { checkArrivedTask, type PackedResult, type PackedTask } from '../../shared/tasks/catalogue.ts';
import type { InferParams } from '../../shared/tasks/infer.ts';
import type { Steps } from '../../shared/tasks/steps.ts';
import { isNetwork, NETWORKS, type Quality, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { FrameTarget } from './backend.ts';
import type { BackendSet } from './backend-set.ts';
import { EngineFrames } from './engine-frames.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, ExecuteOptions, FrameUpscaler } from './engine-types.ts';
import { assumedSpeeds, referenceExecutor } from './js-backend.ts';
import { nextMacrotask, runInSlices, Schedule } from './schedule.ts';
import { selectBackends } from './select-backends.ts';
import { COMPUTE } from './tuning.ts';
import { deviceLost } from './wgsl/gpu-device.ts';

export type { EngineCapabilities, EngineOptions, ExecutedTask, FrameUpscaler };

/** The turns in which networks are measured are nobody's. */
const BENCHMARK_OWNER = '';
const NEVER_CANCELLED = new AbortController().signal;

/** Executes tasks and sharpens frames on this machine: the only one who touches its GPU. Lives in a worker. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #schedule: Schedule;
  readonly #frames = new Set<EngineFrames>();
  #backends: Promise<BackendSet>;
  #current: BackendSet;
  #losses = 0;
  #disposed = false;

  private constructor(options: EngineOptions, backends: BackendSet) {
    this.#options = options;
    this.#schedule = new Schedule({ now: options.now, yieldToEventLoop: nextMacrotask });
    this.#current = backends;
    this.#backends = Promise.resolve(backends);
    this.#watch(backends);
  }

  /** Measures this machine first, within {@link COMPUTE.probeBudgetMs}. */
  static async create(options: EngineOptions): Promise<Engine> {
    return new Engine(options, await selectBackends(options));
  }

  get capabilities(): EngineCapabilities {
    const { adapter, frameIn, frameOut, speeds } = this.#current;
    return {
      adapter,
      backends: {
        echo: { backend: 'js', unitsPerMs: COMPUTE.echoBytesPerMs },
        ...assumedSpeeds(),
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
    const executor = referenceExecutor(type);
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
      backends: () => this.#readyFor(quality),
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
    const result = await this.#schedule.task(owner, signal, async (slot) => {
      const backends = await this.#backends;
      // What runs the network would have to be measured anew, and this is a turn.
      if (backends !== ready && isNetwork(params.quality)) throw deviceLost(null);
      const upscaler = backends.backendFor(params);
      backend = upscaler.name;
      startMs = now();
      return upscaler.startPixels(pixels, params, slot);
    });
    return { value: null, attachments: [result], backend, computeMs: now() - startMs };
  }

  async #infer(params: InferParams, attachments: Uint8Array[], options: ExecuteOptions): Promise<ExecutedTask> {
    const { owner, signal, onProgress } = options;
    const { inference } = await this.#backends;
    const preparing = inference.prepare({ params, attachments, onProgress }, (body) =>
      this.#schedule.task(BENCHMARK_OWNER, NEVER_CANCELLED, body),
    );
    const ready = await orCancelled(preparing, signal).catch((cause: unknown) => {
      // When it comes after all, nobody wants it.
      preparing.then(({ release }) => release()).catch(() => {});
      throw cause;
    });
    return inference.execute(ready, (body) => this.#schedule.task(owner, signal, body));
  }

  /** The machine, once what runs the quality was loaded and measured: outside any turn, for it may take seconds the first time. */
  async #readyFor(quality: Quality): Promise<BackendSet> {
    const backends = await this.#backends;
    const isNew = await backends.prepare(quality, (body) =>
      this.#schedule.task(BENCHMARK_OWNER, NEVER_CANCELLED, body),
    );
    if (isNew && !this.#disposed && backends === this.#current) this.#options.onCapabilities?.(this.capabilities);
    return backends;
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
    const { value, attachments } = await this.#schedule.task(owner, signal, async (slot) => {
      // What only the processor runs need not wait for a new device.
      const backends = this.#current.executorOf(type, task) ? await this.#backends : this.#current;
      const executor = backends.executorOf(type, task);
      startMs = now();
      const accelerated = await executor?.run(task, slot);
      if (executor && accelerated) backend = executor.backend;
      const result = accelerated ?? (await runInSlices(reference(task), now, () => slot.yieldNow()));
      return { isDone: true, finish: async () => result };
    });
    return { value, attachments, backend, computeMs: now() - startMs };
  }

  #watch(backends: BackendSet): void {
    if (backends.preparesNetworks) void this.prepareNetworks();
    void backends.lost.then(() => {
      if (!this.#disposed && backends === this.#current) this.#rebuild(backends);
    });
  }

  #rebuild(lost: BackendSet): void {
    this.#losses++;
    // Whatever takes a device away that often will take the next one too.
    const isHopeless = this.#losses > COMPUTE.maxDeviceLosses;
    this.#backends = selectBackends(isHopeless ? { ...this.#options, preferBackend: 'js' } : this.#options).then(
      (backends) => {
        lost.dispose();
        this.#current = backends;
        if (this.#disposed) {
          backends.dispose();
          return backends;
        }
        this.#watch(backends);
        this.#options.onCapabilities?.(this.capabilities);
        return backends;
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
