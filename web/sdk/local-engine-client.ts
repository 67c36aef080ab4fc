import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask, ReportListener } from '../../shared/tasks/definition.ts';
import { isNetwork, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { EngineCapabilities } from '../compute/engine-types.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { upscaleRows } from '../compute/reference/upscale.ts';
import { nextMacrotask, runInSlices } from '../compute/schedule.ts';
import type { LocalEngine } from '../dispatch/local-runner.ts';
import type { TransferableChannel } from '../net/transferable-channel.ts';
import type { StreamRegistry } from '../stream/gamer/stream-registry.ts';
import { remoteOf, type StartedWorker, startWorker } from './host-page.ts';
import { receiveLog } from './log-relay.ts';
import type { StreamWorkerApi } from './stream.worker.ts';
import streamWorkerUrl from './stream.worker.ts?worker&url';
import './worker-errors.ts';

/** The gamer's worker, which holds the local engine and the streams. Started when it is first needed. */
export class LocalEngineClient implements LocalEngine {
  readonly #onModelProgress: (progress: ModelProgress) => void;
  #started: (StartedWorker & { remote: Comlink.Remote<StreamWorkerApi> }) | null = null;
  /** Call ids of {@link computePart} are negative, to differ from those of the local runner. */
  #nextPartCallId = -1;

  constructor(onModelProgress: (progress: ModelProgress) => void) {
    this.#onModelProgress = onModelProgress;
  }

  /** The streams in the worker. Throws MeshError `unsupported-browser`. */
  streams(): Comlink.Remote<StreamRegistry> {
    return this.#start().remote.streams;
  }

  async backends() {
    const { remote, failed } = this.#start();
    const { backends } = await Promise.race([remote.engineCapabilities(), failed]);
    return backends;
  }

  async execute(callId: number, type: string, packed: PackedTask, onProgress?: ReportListener) {
    const { remote, failed } = this.#start();
    const listener = onProgress && Comlink.proxy(onProgress);
    return Promise.race([remote.execute(callId, type, packed, listener), failed]);
  }

  /** Null while nothing was computed here; this does not start the worker. */
  async startedCapabilities(): Promise<EngineCapabilities | null> {
    return (await this.#started?.remote.startedCapabilities()) ?? null;
  }

  cancel(callId: number): void {
    void this.#started?.remote.cancel(callId);
  }

  /**
   * Computes a small part of a task, to compare with a volunteer's result. A filter's tile takes a few milliseconds: it is computed on
   * this thread, in slices, and need not wait for a worker to start and measure itself. Throws MeshError.
   */
  async computePart(type: string, task: PackedTask, signal: AbortSignal, now: () => number): Promise<PackedResult> {
    if (type !== 'upscale') return this.#executePart(type, task, signal);
    const { width, height, outWidth, outHeight, quality } = task.params as UpscaleParams;
    if (isNetwork(quality)) return this.#executePart(type, task, signal);
    const image = { width, height, data: task.attachments[0] ?? new Uint8Array(0) };
    const out = new Uint8ClampedArray(outWidth * outHeight * 4);
    await runInSlices(upscaleRows(image, { outWidth, outHeight, quality }, out), now, nextMacrotask);
    return { value: null, attachments: [new Uint8Array(out.buffer)] };
  }

  async #executePart(type: string, task: PackedTask, signal: AbortSignal): Promise<PackedResult> {
    const callId = this.#nextPartCallId--;
    const cancel = () => this.cancel(callId);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.execute(callId, type, task);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Rejects if the worker does not start, and when it is disposed. */
  failed(): Promise<never> {
    return this.#start().failed;
  }

  /**
   * Moves a link's video channel to the worker. Must be called in the event-loop tick that made the channel. Returns what removes it
   * from the worker.
   *
   * @param onBroken - a message on the channel was malformed, or the channel broke.
   */
  moveVideo(linkId: string, channel: TransferableChannel, onBroken: (error: MeshError) => void): () => void {
    const { remote } = this.#start();
    const closed = remote.streams.attachVideo(linkId, Comlink.transfer(channel, [channel]));
    closed.then(
      (error) => {
        if (error) onBroken(MeshError.from(error));
      },
      (cause: unknown) => onBroken(MeshError.from(cause, 'connection-failed')),
    );
    return () => void remote.streams.detachVideo(linkId);
  }

  dispose(): void {
    this.#started?.remote[Comlink.releaseProxy]();
    this.#started?.terminate();
    this.#started = null;
  }

  #start() {
    if (!this.#started) {
      const started = startWorker(streamWorkerUrl, 'p2c2r-stream');
      const remote = remoteOf<StreamWorkerApi>(started.worker);
      const connection = receiveLog();
      void remote.openLog(Comlink.transfer(connection, [connection.port]));
      // Set before any later call makes the worker download something.
      void remote.onModelProgress(Comlink.proxy(this.#onModelProgress));
      this.#started = { ...started, remote };
    }
    return this.#started;
  }
}
