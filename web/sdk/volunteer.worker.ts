import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities, StreamSetup } from '../../shared/messages.ts';
import { RUNNABLE_TASK_TYPES } from '../../shared/tasks/catalogue.ts';
import type { BackendName } from '../compute/backend.ts';
import { Engine } from '../compute/engine.ts';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import { BusyMeter } from './busy-meter.ts';
import { LinkEndpoint } from './link-endpoint.ts';
import { openModelStore } from './open-model-store.ts';
import { sumOf } from './sum.ts';
import { VOLUNTEER } from './tuning.ts';
import type { MovedChannels, VolunteerWorkerEvent } from './volunteer-worker-protocol.ts';
import './worker-errors.ts';

/**
 * What a volunteer's worker does for its page, which keeps `control` and the coordinator. Everything else lives here, so that a busy
 * or hidden page delays nothing.
 */
class VolunteerWorker {
  readonly #desks = new Map<string, LinkEndpoint>();
  readonly #meter = new BusyMeter(systemClock.now);
  readonly #models = openModelStore(import.meta.url, (progress) => this.#tell({ kind: 'model-progress', progress }));
  #engine: Engine | null = null;
  #tell: (event: VolunteerWorkerEvent) => void = () => {};
  #paused = false;
  /** Of links that are over. */
  #past = { bytesIn: 0, bytesOut: 0 };

  /** Measures this machine. Throws MeshError when nothing can be computed here. */
  async start(
    tell: (event: VolunteerWorkerEvent) => void,
    acceptModelsFrom: readonly string[],
    backend?: BackendName,
  ): Promise<Capabilities> {
    // Before the engine is measured, not beside it: both take the processor.
    const codecs = await rankedCodecs();
    const toCapabilities = ({ adapter, backends }: Engine['capabilities']): Capabilities => ({
      ...{ adapter, backends, codecs },
      tasks: [...RUNNABLE_TASK_TYPES],
    });
    this.#tell = tell;
    this.#models.acceptModelsFrom = acceptModelsFrom;
    this.#engine = await Engine.create({
      gpu: navigator.gpu,
      now: systemClock.now,
      ...(backend && { preferBackend: backend }),
      models: this.#models,
      onnx: this.#models,
      onCapabilities: (measured) => tell({ kind: 'capabilities', capabilities: toCapabilities(measured) }),
    });
    this.#tellStats();
    return toCapabilities(this.#engine.capabilities);
  }

  /** Origins of which gamers may have models run here. */
  acceptModelsFrom(origins: readonly string[]): void {
    this.#models.acceptModelsFrom = origins;
  }

  /** Takes over a new connection's channels; must be called in the task that made them. */
  attach(linkId: string, channels: MovedChannels): void {
    this.detach(linkId);
    const engine = this.#started();
    const desk = new LinkEndpoint({
      linkId,
      channels,
      engine,
      meter: this.#meter,
      clock: systemClock,
      held: () => sumOf(this.#desks.values(), ({ held }) => held),
      onBroken: (error) => this.#tell({ kind: 'link-broken', linkId, error: error.toWire() }),
      onStreamFailed: (streamId, error) =>
        this.#tell({ kind: 'stream-failed', linkId, streamId, error: error.toWire() }),
    });
    this.#desks.set(linkId, desk);
    this.#shareCredit();
  }

  detach(linkId: string): void {
    const desk = this.#desks.get(linkId);
    if (!desk) return;
    this.#desks.delete(linkId);
    this.#past.bytesIn += desk.bytesIn;
    this.#past.bytesOut += desk.bytesOut;
    desk.dispose();
    this.#shareCredit();
  }

  /** Opens a stream, or changes an open one; returns what will upscale it. Throws MeshError. */
  async setupStream(linkId: string, setup: StreamSetup): Promise<string> {
    const desk = this.#desks.get(linkId);
    if (!desk) throw MeshError.closed('The link');
    if (this.#paused) throw pausedError();
    return desk.setupStream(setup);
  }

  closeStream(linkId: string, streamId: number): void {
    this.#desks.get(linkId)?.closeStream(streamId);
  }

  /** Hands running work back at once and takes no more. */
  pause(): void {
    this.#paused = true;
    this.#shareCredit();
    for (const desk of this.#desks.values()) desk.closeStreams(pausedError());
  }

  resume(): void {
    this.#paused = false;
    this.#shareCredit();
  }

  #started(): Engine {
    if (!this.#engine) throw new MeshError('closed', 'The volunteer has not started. Start it first.');
    return this.#engine;
  }

  #shareCredit(): void {
    for (const desk of this.#desks.values()) desk.setGamers(this.#paused ? null : this.#desks.size);
  }

  #tellStats(): void {
    systemClock.after(VOLUNTEER.statsIntervalMs, () => this.#tellStats());
    const { tasksDone, framesDone, busyMs, load } = this.#meter;
    const desks = [...this.#desks.values()];
    const bytesIn = this.#past.bytesIn + sumOf(desks, (desk) => desk.bytesIn);
    const bytesOut = this.#past.bytesOut + sumOf(desks, (desk) => desk.bytesOut);
    const qualities = [...new Set(desks.flatMap((desk) => desk.qualities))];
    this.#tell({ kind: 'stats', stats: { tasksDone, framesDone, load, qualities, busyMs, bytesIn, bytesOut } });
  }
}

export type VolunteerWorkerApi = VolunteerWorker;

function pausedError(): MeshError {
  return new MeshError('volunteer-failed', 'The volunteer paused. Others, or this machine, take over.');
}

Comlink.expose(new VolunteerWorker());
