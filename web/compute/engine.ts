import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import { checkArrivedTask } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, Steps } from '../../shared/tasks/definition.ts';
import type { DialogueParams } from '../../shared/tasks/dialogue.ts';
import type { InferParams } from '../../shared/tasks/infer.ts';
import { isNetwork, NETWORKS, type Quality, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { Backend, FrameTarget, UpscaleShape } from './backend.ts';
import type { BackendSet, LostGpu } from './backend-set.ts';
import { EngineFrames } from './engine-frames.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, ExecuteOptions, FrameUpscaler } from './engine-types.ts';
import { assumedSpeeds, referenceExecutor } from './js-backend.ts';
import type { SelectionOptions } from './measured-machine.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { nextMacrotask, runInSlices, Schedule } from './schedule.ts';
import { remeasure, selectBackends } from './select-backends.ts';
import { SpeedRefresh } from './speed-refresh.ts';
import { deviceLost } from './wgsl/gpu-device.ts';

const log = logger('compute.engine');

/** GPU devices that may be lost before the engine stays on the processor: what takes a device away that often will take the next one. */
export const MAX_DEVICE_LOSSES = 3;

/** Assumed speed of `echo`, bytes per ms: about that of copying memory. */
const ECHO_BYTES_PER_MS = 1_000_000;

/** Executes tasks and sharpens frames on this machine. Nothing else uses its GPU. Lives in a worker. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #schedule: Schedule;
  readonly #frames = new Set<EngineFrames>();
  /** Null where no remembered speeds were used. */
  readonly #refresh: SpeedRefresh | null;
  #backends: Promise<BackendSet>;
  #current: BackendSet;
  /** Of the backends' key. They are for the next start: changing the backends of a running engine would drop the models it has loaded. */
  #refreshedSpeeds: MeasuredSpeeds | null = null;
  #losses = 0;
  #isDisposed = false;

  private constructor(options: EngineOptions, backends: BackendSet) {
    this.#options = options;
    this.#schedule = new Schedule({ now: options.now, after: systemClock.after, yieldToEventLoop: nextMacrotask });
    this.#current = backends;
    this.#backends = Promise.resolve(backends);
    this.#refresh = this.#startRefresh();
    this.#watch(backends);
  }

  /** Measures this machine within {@link MEASURING_BUDGET_MS}. */
  static async create(options: EngineOptions): Promise<Engine> {
    const backends = await selectBackends(options);
    options.onMeasured?.(backends.measuredSpeeds);
    return new Engine(options, backends);
  }

  get capabilities(): EngineCapabilities {
    const { adapter, frameIn, frameOut, speeds } = this.#current;
    return {
      adapter,
      backends: {
        echo: { backend: 'js', unitsPerMs: ECHO_BYTES_PER_MS },
        ...assumedSpeeds(),
        ...speeds,
      },
      frameIn,
      frameOut,
    };
  }

  /** The part of the time in which it computes: above 0, up to 1. The time of a GPU counts, and that of the processor where it computes. */
  get share(): number {
    return this.#schedule.share;
  }

  set share(share: number) {
    this.#schedule.share = share;
  }

  /** Time spent computing since the start, ms. */
  get busyMs(): number {
    return this.#schedule.busyMs;
  }

  /**
   * Another thread saw this machine awake, by `now`: work that blocked this one meanwhile is charged whole, where a machine that was
   * suspended owes nothing. Tell each time once.
   */
  wasAwake(fromMs: number, toMs: number): void {
    this.#schedule.wasAwake(fromMs, toMs);
  }

  /** What was measured so far, the last time that it was. Handed to another engine on the same adapter, it saves that engine the timing. */
  get measuredSpeeds(): MeasuredSpeeds {
    const { measuredSpeeds } = this.#current;
    const refreshed = this.#refreshedSpeeds;
    if (refreshed?.key !== measuredSpeeds.key) return measuredSpeeds;
    return { ...refreshed, networks: { ...measuredSpeeds.networks, ...refreshed.networks } };
  }

  /**
   * Tasks wait for a time slot, and owners get equal shares of the time. Throws MeshError: `unknown-task`, `malformed`, `cancelled`,
   * `closed`; `device-lost` when the GPU device was lost meanwhile, and then another volunteer can run the task; `unknown-model`;
   * `bad-input` for inputs that the model does not take; `connection-failed` when a model could not be fetched.
   */
  async execute(type: string, packed: PackedTask, options: ExecuteOptions): Promise<ExecutedTask> {
    const { params, attachments } = checkArrivedTask(type, packed);
    if (options.signal.aborted) throw MeshError.cancelled();
    if (type === 'echo') return { value: null, attachments, backend: 'js', computeMs: 0 };
    const executor = referenceExecutor(type);
    const workEnded = this.#refresh?.workStarted();
    try {
      if (type === 'dialogue') return await this.#speak(params as DialogueParams, attachments, options);
      if (type === 'infer') return await this.#infer(params as InferParams, attachments, options);
      if (executor) return await this.#compute(type, { params, attachments }, executor, options);
      return await this.#upscale(params as UpscaleParams, attachments[0] ?? new Uint8Array(0), options);
    } catch (cause) {
      throw MeshError.from(cause);
    } finally {
      workEnded?.();
    }
  }

  /** Measures the networks before one is needed, which also finds those that do not run here: all but those that are assumed to be too slow for streams. */
  async #prepareNetworks(backends: BackendSet): Promise<void> {
    for (const network of NETWORKS) {
      // Whoever needs the network gets the error.
      if (backends.isWorthPreparing(network)) await this.#readyFor(network).catch(() => {});
    }
  }

  /** Frames and tasks share the time: see {@link Schedule}. Throws MeshError `closed`. */
  openFrames({ outWidth, outHeight, quality, detail }: FrameTarget): FrameUpscaler {
    if (this.#isDisposed) throw MeshError.closed('The compute engine');
    const workEnded = this.#refresh?.workStarted();
    const frames = new EngineFrames({
      target: { outWidth, outHeight, quality, ...(detail && { detail }) },
      schedule: this.#schedule,
      current: () => this.#current,
      backends: () => this.#readyFor(quality),
      onDisposed: () => {
        this.#frames.delete(frames);
        workEnded?.();
      },
    });
    this.#frames.add(frames);
    return frames;
  }

  /** The owner of tasks has left: what was kept for its next ones goes. */
  forget(owner: string): void {
    this.#current.dialogue.forget(owner);
  }

  /** Predicts from what was measured how long a frame takes when nothing else computes, ms; null where that is not known yet. */
  predictMs(shape: UpscaleShape): number | null {
    return this.#current.predictMs(shape);
  }

  /** Whether a hardware GPU will probably compute the frame: not the processor, nor a software GPU on it. */
  isOnGpu(shape: UpscaleShape): boolean {
    return this.#current.isOnGpu(shape);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#refresh?.dispose();
    this.#schedule.dispose();
    for (const frames of [...this.#frames]) frames.dispose();
    this.#current.dispose();
  }

  async #upscale(params: UpscaleParams, pixels: Uint8Array, options: ExecuteOptions): Promise<ExecutedTask> {
    const { owner, signal } = options;
    const { now } = this.#options;
    const ready = await orCancelled(this.#readyFor(params.quality), signal);
    for (;;) {
      let startMs = now();
      let backends = ready;
      let backend: Backend | undefined;
      try {
        const result = await this.#schedule.task(owner, signal, async (slot) => {
          backends = await this.#backends;
          // The new backends would have to measure the network first, which does not belong into a time slot.
          if (backends !== ready && isNetwork(params.quality)) throw deviceLost(null);
          backend = backends.backendFor(params);
          startMs = now();
          return backend.startPixels(pixels, params, slot);
        });
        return { value: null, attachments: [result], backend: backend?.name ?? '', computeMs: now() - startMs };
      } catch (cause) {
        if (!backend || !backends.hasOther(backend, params, cause)) throw cause;
      }
    }
  }

  async #infer(params: InferParams, attachments: Uint8Array[], options: ExecuteOptions): Promise<ExecutedTask> {
    const { owner, signal, onProgress } = options;
    const task = { params, attachments, signal, onProgress };
    for (;;) {
      const { inference } = await this.#backends;
      const preparing = inference.prepare(task, (body) => this.#schedule.benchmark(body));
      try {
        const ready = await orCancelled(preparing, signal).catch((cause: unknown) => {
          // No one waits for it any more.
          preparing.then(({ release }) => release()).catch(() => {});
          throw cause;
        });
        return await inference.execute(ready, (body) => this.#schedule.task(owner, signal, body));
      } catch (cause) {
        // Another task of the model was cancelled amid a long run, which ended the model with it.
        const wasInterrupted = cause instanceof MeshError && cause.reason === 'cancelled' && !signal.aborted;
        if (!wasInterrupted) throw cause;
      }
    }
  }

  async #speak(params: DialogueParams, attachments: Uint8Array[], options: ExecuteOptions): Promise<ExecutedTask> {
    const { owner, signal, onProgress } = options;
    const { dialogue } = await this.#backends;
    const task = { packed: { params, attachments }, owner, signal, onReport: onProgress };
    const speaking = dialogue.speak(task, (body) => this.#schedule.task(owner, signal, body));
    return orCancelled(speaking, signal);
  }

  /** The backends, once a quality was loaded and measured. Not in a time slot: the first time may take seconds. */
  async #readyFor(quality: Quality): Promise<BackendSet> {
    const backends = await this.#backends;
    const isNew = await backends.prepare(quality, (body) => this.#schedule.benchmark(body));
    if (isNew && !this.#isDisposed && backends === this.#current) {
      this.#options.onCapabilities?.(this.capabilities);
      this.#options.onMeasured?.(this.measuredSpeeds);
    }
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
      // A task for the processor need not wait for a new GPU device.
      const backends = this.#current.executorOf(type, task) ? await this.#backends : this.#current;
      const executor = backends.executorOf(type, task);
      startMs = now();
      const accelerated = await executor?.run(task, slot).catch(nullIfTooLarge);
      if (executor && accelerated) backend = executor.backend;
      const result = accelerated ?? (await runInSlices(reference(task), now, () => slot.yieldNow()));
      return { isDone: true, finish: async () => result };
    });
    return { value, attachments, backend, computeMs: now() - startMs };
  }

  #startRefresh(): SpeedRefresh | null {
    const { refresh, measuredSpeeds, onMeasured } = this.#options;
    if (!refresh || measuredSpeeds?.key !== this.measuredSpeeds.key) return null;
    return new SpeedRefresh({
      ...refresh,
      measure: (checkpoint) =>
        this.#schedule.background((untilAllowed) => {
          const betweenRuns = async () => {
            await untilAllowed();
            await checkpoint();
          };
          return remeasure(this.#options, this.measuredSpeeds, { betweenRuns, withinRun: checkpoint });
        }),
      onMeasured: (speeds) => {
        this.#refreshedSpeeds = speeds;
        onMeasured?.(this.measuredSpeeds);
      },
    });
  }

  #watch(backends: BackendSet): void {
    void this.#prepareNetworks(backends);
    void backends.lost.then((lost) => {
      if (!this.#isDisposed && backends === this.#current) this.#rebuild(backends, lost);
    });
  }

  #rebuild(lost: BackendSet, { problem }: LostGpu): void {
    this.#losses++;
    const isHopeless = this.#losses > MAX_DEVICE_LOSSES;
    log.warn('device lost', { losses: this.#losses, isHopeless, problem });
    const { measuredSpeeds } = this;
    const options: EngineOptions = isHopeless
      ? { ...this.#options, preferBackend: 'wasm' }
      : { ...this.#options, measuredSpeeds };
    this.#backends = this.#replace(lost, { ...options, ...(problem !== null && { gpuProblem: problem }) });
    this.#backends.catch(() => {
      // Whoever needs them gets the error.
    });
  }

  async #replace(lost: BackendSet, options: SelectionOptions): Promise<BackendSet> {
    const backends = await selectWithoutFail(options).finally(() => lost.dispose());
    this.#current = backends;
    if (this.#isDisposed) {
      backends.dispose();
      return backends;
    }
    this.#watch(backends);
    this.#options.onCapabilities?.(this.capabilities);
    return backends;
  }
}

/** Selects backends for an engine that has tasks: without a GPU where that fails, and with the reference where that fails too. */
async function selectWithoutFail(options: SelectionOptions): Promise<BackendSet> {
  const onProcessor = { ...options, gpuProblem: options.gpuProblem ?? 'The GPU was lost' };
  for (const attempt of [options, onProcessor]) {
    try {
      return await selectBackends(attempt);
    } catch (cause) {
      log.warn('no backends', { why: MeshError.from(cause).message });
    }
  }
  return selectBackends({ ...onProcessor, preferBackend: 'js' });
}

/** Stops waiting when cancelled; the work goes on for others. Throws MeshError `cancelled`. */
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

/** What a GPU has no memory for, the processor computes. */
function nullIfTooLarge(cause: unknown): null {
  if (cause instanceof MeshError && cause.reason === 'too-large') return null;
  throw cause;
}
