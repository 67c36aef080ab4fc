import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import type { WireError } from '../../shared/errors.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import type { ProgressListener } from '../../shared/tasks/progress.ts';
import { Engine, type EngineCapabilities, type ExecutedTask } from '../compute/engine.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { MovedChannel } from '../net/moved-channel.ts';
import { type StreamOpening, StreamRegistry } from '../stream/gamer/stream-registry.ts';
import type { StreamStats } from '../stream/gamer/stream-statistics.ts';
import type { ReadyVolunteer } from '../stream/gamer/volunteer-route.ts';
import type { StreamSettings } from '../stream/settings.ts';
import { openModelStore } from './open-model-store.ts';

import './worker-errors.ts';

/** Of every task here: this machine works for one gamer. */
const OWNER = 'local';

/** What a gamer's worker does for its page: the local engine, and everything of a stream that touches a frame. */
class StreamWorker {
  readonly #streams = new StreamRegistry(() => this.#startEngine(), systemClock, Math.random);
  readonly #running = new Map<number, AbortController>();
  readonly #models = openModelStore(import.meta.url, (progress) => this.#tell(progress));
  #tell: (progress: ModelProgress) => void = () => {};
  #engine: Promise<Engine> | null = null;

  /** Of the networks that the local engine fetches. */
  onModelProgress(tell: (progress: ModelProgress) => void): void {
    this.#tell = tell;
  }

  constructor() {
    // The page itself asks for them.
    this.#models.acceptModelsFrom = null;
  }

  /** Measures this machine first, once. Throws MeshError when nothing can be computed here. */
  async engineCapabilities(): Promise<EngineCapabilities> {
    return (await this.#startEngine()).capabilities;
  }

  /** Throws MeshError. */
  async execute(
    callId: number,
    type: string,
    packed: PackedTask,
    onProgress?: ProgressListener,
  ): Promise<ExecutedTask> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(callId, controller);
    try {
      const engine = await this.#startEngine();
      const executed = await engine.execute(type, packed, { owner: OWNER, signal, ...(onProgress && { onProgress }) });
      return Comlink.transfer(executed, [...new Set(executed.attachments.map(({ buffer }) => buffer as ArrayBuffer))]);
    } finally {
      // It came as a way to call the page.
      (onProgress as Comlink.Remote<ProgressListener> | undefined)?.[Comlink.releaseProxy]();
      this.#running.delete(callId);
    }
  }

  cancel(callId: number): void {
    this.#running.get(callId)?.abort();
  }

  /**
   * Takes a link's video channel over. Comlink calls this in the handler of the message that brought the channel, as it must be.
   * Resolves when the channel has closed: to null, or to what was wrong with what arrived, and then the link must end.
   */
  attachVideo(linkId: string, moved: MovedChannel): Promise<WireError | null> {
    return this.#streams.attachVideo(linkId, moved);
  }

  detachVideo(linkId: string): void {
    this.#streams.detachVideo(linkId);
  }

  /** Throws MeshError `unsupported-browser`. */
  openStream(key: number, opening: StreamOpening): StreamStats {
    return this.#streams.open(key, opening);
  }

  setStream(key: number, changes: Partial<StreamSettings>): void {
    this.#streams.set(key, changes);
  }

  /** Throws MeshError `closed`, `unsupported-browser`. */
  useVolunteer(key: number, ready: ReadyVolunteer): void {
    this.#streams.useVolunteer(key, ready);
  }

  dropVolunteer(key: number, streamId: number): void {
    this.#streams.dropVolunteer(key, streamId);
  }

  closeStream(key: number): Promise<void> {
    return this.#streams.close(key);
  }

  #startEngine(): Promise<Engine> {
    this.#engine ??= Engine.create({
      gpu: navigator.gpu,
      now: systemClock.now,
      models: this.#models,
      onnx: this.#models,
    }).catch((cause: unknown) => {
      // The next one who asks tries again.
      this.#engine = null;
      throw cause;
    });
    return this.#engine;
  }
}

export type StreamWorkerApi = StreamWorker;

Comlink.expose(new StreamWorker());
