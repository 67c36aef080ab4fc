import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { StreamSetup } from '../../shared/messages.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { Engine } from '../compute/engine.ts';
import { creditShare } from '../dispatch/credit-window.ts';
import type { MemoryBudget } from '../dispatch/memory-budget.ts';
import { TaskServer } from '../dispatch/task-server.ts';
import { HeartbeatResponder } from '../net/heartbeat.ts';
import { adoptChannel, type TransferableChannel } from '../net/transferable-channel.ts';
import { carriesDetail } from '../stream/compose/codec-self-test.ts';
import type { StreamMemory } from '../stream/volunteer/stream-memory.ts';
import { VolunteerStreams } from '../stream/volunteer/volunteer-streams.ts';
import type { BusyMeter } from './busy-meter.ts';

/** A volunteer's ends of one connection's channels, moved to its worker. */
export interface MovedChannels {
  tasks: TransferableChannel;
  video: TransferableChannel;
  heartbeat: TransferableChannel;
}

export interface LinkEndpointOptions {
  linkId: string;
  channels: MovedChannels;
  engine: Engine;
  meter: BusyMeter;
  clock: Clock;
  /** Shared by the links of all gamers. */
  memory: MemoryBudget;
  /** The same for streams. */
  streamMemory: StreamMemory;
  /** Whether this machine's owner lets it run tasks of the type. */
  accepts(type: string): boolean;
  /** Tasks and frames held for all gamers together. */
  held(): number;
  /** A frame was sent. See {@link VolunteerStreamsOptions.onFrameDone}. */
  onFrameDone(kind: string, computeMs: number): void;
  /** A message of this gamer was malformed, or the connection broke. */
  onBroken(error: MeshError): void;
  onStreamFailed(streamId: number, error: MeshError): void;
}

/** The volunteer worker's end of the link to one gamer: serves the gamer's tasks and streams and answers heartbeats. */
export class LinkEndpoint {
  readonly #options: LinkEndpointOptions;
  readonly #tasks: TaskServer;
  readonly #streams: VolunteerStreams;
  readonly #heartbeat: HeartbeatResponder;
  readonly #streamIds = new Set<number>();
  #takenBytes = 0;

  constructor(options: LinkEndpointOptions) {
    this.#options = options;
    const { linkId, channels, engine, meter, clock, memory, streamMemory, held, onBroken } = options;
    const now = () => clock.now();
    this.#tasks = new TaskServer({
      port: adoptChannel(channels.tasks),
      execute: async (type, packed, signal, onProgress) => {
        if (!options.accepts(type)) throw refused(type);
        return engine.execute(type, packed, { owner: linkId, signal, onProgress });
      },
      clock,
      memory,
      onDone: () => meter.tasksDone++,
      onWork: () => this.#heartbeat.workBegan(),
      onBroken,
    });
    this.#streams = new VolunteerStreams({
      port: adoptChannel(channels.video),
      engine,
      memory: streamMemory,
      now,
      carriesDetail: (codec) => carriesDetail(codec, now),
      onFrameDone: (kind, computeMs) => {
        meter.framesDone++;
        options.onFrameDone(kind, computeMs);
      },
      onFailed: (streamId, error) => this.#streamFailed(streamId, error),
      onClosed: (error) => {
        if (error) onBroken(error);
      },
    });
    this.#heartbeat = new HeartbeatResponder({
      port: adoptChannel(channels.heartbeat),
      clock,
      read: () => ({ load: meter.measureLoad(), held: held() }),
      hasWork: () => this.#tasks.hasWork,
      onRtt: (rttMs) => {
        this.#tasks.rttMs = rttMs;
      },
      onBroken,
    });
  }

  /** Tasks and frames of this gamer. */
  get held(): number {
    return this.#tasks.held + this.#streams.queued;
  }

  get qualities(): Quality[] {
    return this.#streams.qualities;
  }

  get streamBackends(): string[] {
    return this.#streams.backends;
  }

  get bytesIn(): number {
    return this.#tasks.stats.bytesIn + this.#streams.stats.bytesIn + this.#heartbeat.stats.bytesIn;
  }

  get bytesOut(): number {
    return this.#tasks.stats.bytesOut + this.#streams.stats.bytesOut + this.#heartbeat.stats.bytesOut;
  }

  /** Returns the bytes, in and out, since the last call. */
  takeMovedBytes(): number {
    const allBytes = this.bytesIn + this.bytesOut;
    const newBytes = allBytes - this.#takenBytes;
    this.#takenBytes = allBytes;
    return newBytes;
  }

  /** Sets among how many gamers this machine is shared. Null pauses: tasks are handed back and no more are taken. */
  setGamers(gamers: number | null): void {
    this.#tasks.share = gamers === null ? 0 : creditShare(gamers);
  }

  /** Opens a stream, or changes an open one. Returns the backend. Throws MeshError. */
  async setupStream(setup: StreamSetup): Promise<string> {
    const { streamId } = setup;
    const isNew = !this.#streamIds.has(streamId);
    // Before it is open, so that a pause meanwhile hands it back too.
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

  /** Hands every stream back to the gamer with this error. */
  closeStreams(error: MeshError): void {
    for (const streamId of [...this.#streamIds]) {
      this.#streams.close(streamId);
      this.#streamFailed(streamId, error);
    }
  }

  dispose(): void {
    this.#tasks.dispose();
    this.#streams.dispose();
    this.#heartbeat.dispose();
    this.#options.engine.forget(this.#options.linkId);
  }

  #streamFailed(streamId: number, error: MeshError): void {
    this.#streamIds.delete(streamId);
    this.#options.onStreamFailed(streamId, error);
  }
}

function refused(type: string): MeshError {
  const message = `This volunteer takes no tasks of type '${type}'. Ask its owner to allow them, or invite another one.`;
  return new MeshError('unknown-task', message);
}
