import type { Clock } from '../../shared/clock.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { StreamSetup } from '../../shared/messages.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { Engine } from '../compute/engine.ts';
import { shareOf } from '../dispatch/credit-window.ts';
import { TaskServer } from '../dispatch/task-server.ts';
import { HeartbeatResponder } from '../net/heartbeat.ts';
import { adoptChannel } from '../net/transferable-channel.ts';
import { VolunteerStreams } from '../stream/volunteer/volunteer-streams.ts';
import type { BusyMeter } from './busy-meter.ts';
import type { MovedChannels } from './volunteer-worker-protocol.ts';

export interface GamerDeskOptions {
  linkId: string;
  channels: MovedChannels;
  engine: Engine;
  meter: BusyMeter;
  clock: Clock;
  /** Tasks and frames held for all gamers. */
  held(): number;
  /** What this gamer sent was malformed, or the connection broke. */
  onBroken(error: MeshError): void;
  onStreamFailed(streamId: number, error: MeshError): void;
}

/** Where one gamer's tasks, frames and pulse are served: the worker's ends of a connection's channels. */
export class LinkEndpoint {
  readonly #options: GamerDeskOptions;
  readonly #tasks: TaskServer;
  readonly #streams: VolunteerStreams;
  readonly #pulse: HeartbeatResponder;
  readonly #streamIds = new Set<number>();

  constructor(options: GamerDeskOptions) {
    this.#options = options;
    const { linkId, channels, engine, meter, clock, held, onBroken } = options;
    const now = () => clock.now();
    this.#tasks = new TaskServer({
      port: adoptChannel(channels.tasks),
      execute: (type, packed, signal, onProgress) =>
        engine.execute(type, packed, { owner: linkId, signal, onProgress }),
      now,
      onDone: (computeMs) => meter.taskDone(computeMs),
      onWork: () => this.#pulse.workBegan(),
      onBroken,
    });
    this.#streams = new VolunteerStreams({
      port: adoptChannel(channels.video),
      engine,
      now,
      onFrameDone: (computeMs) => meter.frameDone(computeMs),
      onFailed: (streamId, error) => this.#streamFailed(streamId, error),
      onClosed: (error) => {
        if (error) onBroken(error);
      },
    });
    this.#pulse = new HeartbeatResponder({
      port: adoptChannel(channels.pulse),
      clock,
      read: () => ({ load: meter.load, held: held() }),
      working: () => this.#tasks.working,
      onRtt: (rttMs) => {
        this.#tasks.rttMs = rttMs;
      },
      onBroken,
    });
  }

  get held(): number {
    return this.#tasks.held + this.#streams.queued;
  }

  get qualities(): Quality[] {
    return this.#streams.qualities;
  }

  get bytesIn(): number {
    return this.#tasks.stats.bytesIn + this.#streams.stats.bytesIn;
  }

  get bytesOut(): number {
    return this.#tasks.stats.bytesOut + this.#streams.stats.bytesOut;
  }

  /** Shares this machine among so many; null: it takes nothing now, and gives back the tasks it has. */
  setGamers(gamers: number | null): void {
    this.#tasks.share = gamers === null ? 0 : shareOf(gamers);
  }

  async setupStream(setup: StreamSetup): Promise<string> {
    const { streamId } = setup;
    const isNew = !this.#streamIds.has(streamId);
    // Before it is open, so that a pause in between hands it back as well.
    this.#streamIds.add(streamId);
    try {
      return await this.#streams.setup(setup);
    } catch (cause) {
      if (isNew) this.#streamIds.delete(streamId);
      throw cause;
    }
  }

  closeStream(streamId: number): void {
    this.#streamIds.delete(streamId);
    this.#streams.close(streamId);
  }

  /** Gives the streams that are running back to the gamer. */
  closeStreams(error: MeshError): void {
    for (const streamId of [...this.#streamIds]) {
      this.#streams.close(streamId);
      this.#streamFailed(streamId, error);
    }
  }

  dispose(): void {
    this.#tasks.dispose();
    this.#streams.dispose();
    this.#pulse.dispose();
  }

  #streamFailed(streamId: number, error: MeshError): void {
    this.#streamIds.delete(streamId);
    this.#options.onStreamFailed(streamId, error);
  }
}
