import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import type { ProgressListener } from '../../shared/tasks/progress.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { LocalEngine } from '../dispatch/local-runner.ts';
import type { MovedChannel } from '../net/moved-channel.ts';
import { type StartedWorker, startWorker } from './start-worker.ts';
import type { StreamWorkerApi } from './stream.worker.ts';
import streamWorkerUrl from './stream.worker.ts?worker&url';

import './worker-errors.ts';

/** The gamer's worker, started when it is first needed: the local engine, and later the streams. */
export class LocalEngineClient implements LocalEngine {
  readonly #onModelProgress: (progress: ModelProgress) => void;
  #started: (StartedWorker & { remote: Comlink.Remote<StreamWorkerApi> }) | null = null;

  constructor(onModelProgress: (progress: ModelProgress) => void) {
    this.#onModelProgress = onModelProgress;
  }

  /** Throws MeshError `unsupported-browser`. */
  worker(): Comlink.Remote<StreamWorkerApi> {
    return this.#start().remote;
  }

  async backends() {
    const { remote, failed } = this.#start();
    const { backends } = await Promise.race([remote.engineCapabilities(), failed]);
    return backends;
  }

  async execute(callId: number, type: string, packed: PackedTask, onProgress?: ProgressListener) {
    const { remote, failed } = this.#start();
    const listener = onProgress && Comlink.proxy(onProgress);
    return Promise.race([remote.execute(callId, type, packed, listener), failed]);
  }

  cancel(callId: number): void {
    void this.#started?.remote.cancel(callId);
  }

  /** Rejects if the worker does not start, and when it is disposed. */
  failed(): Promise<never> {
    return this.#start().failed;
  }

  /**
   * Hands a link's video channel to the streams, in the task that made the channel. Returns what takes it back.
   *
   * @param onBroken - what came over it was malformed, or it broke.
   */
  moveVideo(linkId: string, channel: MovedChannel, onBroken: (error: MeshError) => void): () => void {
    const { remote } = this.#start();
    const closed = remote.attachVideo(linkId, Comlink.transfer(channel, [channel]));
    closed.then(
      (error) => {
        if (error) onBroken(MeshError.from(error));
      },
      (cause: unknown) => onBroken(MeshError.from(cause, 'connection-failed')),
    );
    return () => void remote.detachVideo(linkId);
  }

  dispose(): void {
    this.#started?.remote[Comlink.releaseProxy]();
    this.#started?.terminate();
    this.#started = null;
  }

  #start() {
    if (!this.#started) {
      const started = startWorker(streamWorkerUrl, 'p2c2r-stream');
      const remote = Comlink.wrap<StreamWorkerApi>(started.worker);
      // Before whatever is asked of it next makes it fetch anything.
      void remote.onModelProgress(Comlink.proxy(this.#onModelProgress));
      this.#started = { ...started, remote };
    }
    return this.#started;
  }
}
