import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import type { PackedTask, ReportListener } from '../../shared/tasks/definition.ts';
import type { UpscaleParams } from '../../shared/tasks/upscale.ts';
import { Engine } from '../compute/engine.ts';
import type { EngineCapabilities, ExecutedTask } from '../compute/engine-types.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { type OpenedDevice, openDevice } from '../compute/wgsl/gpu-device.ts';
import type { Composer } from '../stream/compose/composer.ts';
import { openComposer } from '../stream/compose/open-composer.ts';
import type { StreamSize } from '../stream/frame-size.ts';
import { StreamRegistry } from '../stream/gamer/stream-registry.ts';
import { type LogConnection, relayLog } from './log-relay.ts';
import { openModelStore } from './open-model-store.ts';
import { RememberedSpeeds } from './remembered-speeds.ts';
import './worker-errors.ts';

/** Owner of every task in this worker: the machine works for its own user. */
const OWNER = 'local';

/** The gamer's worker: runs the local engine, and every part of a stream that touches a frame. */
class StreamWorker {
  readonly #streams = new StreamRegistry({
    engine: () => this.#startEngine(),
    upscaleTile: (params, source) => this.#upscaleTile(params, source),
    openComposer: (size) => this.#openComposer(size),
    clock: systemClock,
    random: Math.random,
  });
  readonly streams = Comlink.proxy(this.#streams);
  readonly #running = new Map<number, AbortController>();
  readonly #models = openModelStore(import.meta.url, (progress) => this.#tell(progress));
  #tell: (progress: ModelProgress) => void = () => {};
  #engine: Promise<Engine> | null = null;
  /** The GPU device with which all streams are composed; it lives as long as this worker. */
  #composersGpu: Promise<OpenedDevice | null> | null = null;

  /** Reports downloads of the models that the local engine needs. */
  onModelProgress(tell: (progress: ModelProgress) => void): void {
    this.#tell = tell;
  }

  constructor() {
    // Only the page requests models here, so their source need not be restricted.
    this.#models.acceptModelsFrom = null;
  }

  /** Sends this worker's log to the page. */
  openLog(connection: LogConnection): void {
    relayLog(connection);
  }

  /** Null while there is no engine: unlike {@link engineCapabilities} this does not start one. */
  async startedCapabilities(): Promise<EngineCapabilities | null> {
    return (await this.#engine)?.capabilities ?? null;
  }

  /** Starts the engine, which measures this machine first. Throws MeshError if this machine cannot compute. */
  async engineCapabilities(): Promise<EngineCapabilities> {
    return (await this.#startEngine()).capabilities;
  }

  /** Throws MeshError. */
  async execute(callId: number, type: string, packed: PackedTask, onProgress?: ReportListener): Promise<ExecutedTask> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(callId, controller);
    try {
      const engine = await this.#startEngine();
      const executed = await engine.execute(type, packed, { owner: OWNER, signal, ...(onProgress && { onProgress }) });
      return Comlink.transfer(executed, [...new Set(executed.attachments.map(({ buffer }) => buffer as ArrayBuffer))]);
    } finally {
      // Comlink passed the listener as a proxy.
      (onProgress as Comlink.Remote<ReportListener> | undefined)?.[Comlink.releaseProxy]();
      this.#running.delete(callId);
    }
  }

  cancel(callId: number): void {
    this.#running.get(callId)?.abort();
  }

  async #openComposer(size: StreamSize): Promise<Composer> {
    // Not the engine's, which is not even started where volunteers do the work.
    this.#composersGpu ??= this.#openGpu();
    return openComposer({ size, gpu: await this.#composersGpu, now: systemClock.now });
  }

  /** Null where there is none but the processor's. */
  async #openGpu(): Promise<OpenedDevice | null> {
    const opened = navigator.gpu ? await openDevice(navigator.gpu).catch(() => null) : null;
    if (opened?.isSoftware) {
      opened.device.destroy();
      return null;
    }
    // The next stream gets a new one.
    void opened?.device.lost.then(() => {
      this.#composersGpu = null;
    });
    return opened;
  }

  async #upscaleTile(params: UpscaleParams, source: Uint8Array): Promise<Uint8Array> {
    const engine = await this.#startEngine();
    const { signal } = new AbortController();
    const { attachments } = await engine.execute(
      'upscale',
      { params, attachments: [source] },
      { owner: OWNER, signal },
    );
    return attachments[0] ?? new Uint8Array(0);
  }

  #startEngine(): Promise<Engine> {
    this.#engine ??= this.#createEngine().catch((cause: unknown) => {
      // The next call tries again.
      this.#engine = null;
      throw cause;
    });
    return this.#engine;
  }

  async #createEngine(): Promise<Engine> {
    const speeds = new RememberedSpeeds('stream', import.meta.url, undefined);
    const measuredSpeeds = await speeds.load();
    return Engine.create({
      gpu: navigator.gpu,
      now: systemClock.now,
      models: this.#models,
      onnx: this.#models,
      language: this.#models,
      ...(measuredSpeeds && { measuredSpeeds }),
      onMeasured: (measured) => speeds.save(measured),
      // Also frames that volunteers make come from a game that this machine draws.
      refresh: { clock: systemClock, isMachineBusy: () => this.#streams.size > 0 },
    });
  }
}

export type StreamWorkerApi = StreamWorker;

Comlink.expose(new StreamWorker());
