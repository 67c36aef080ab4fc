import type { Clock } from '../../shared/clock.ts';
import type { MeshError } from '../../shared/errors.ts';
import { logger, shortId } from '../../shared/log.ts';
import type { Capabilities } from '../../shared/messages.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { MemoryBudget } from '../dispatch/memory-budget.ts';
import { RemoteRunner } from '../dispatch/remote-runner.ts';
import { ASSUMED_RTT_MS } from '../net/failure-detector.ts';
import { HeartbeatMonitor } from '../net/heartbeat.ts';
import type { Link, LinkEnvironment } from '../net/link.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import { linkDiagnostics } from './diagnostics.ts';
import type { GamerDiagnostics } from './diagnostics-types.ts';
import type { TaskType, VolunteerInfo } from './types.ts';

const log = logger('net.heartbeat');

type CreateChannel = Parameters<LinkEnvironment['attachChannels']>[1];

export interface GamerLinkOptions {
  link: Link;
  trust: VolunteerTrust;
  dispatcher: Dispatcher;
  clock: Clock;
  /** Shared by all links of this gamer. */
  memory: MemoryBudget;
  /** {@link GamerLink.info} changed. */
  onChanged(): void;
  /** A connection failed or was lost; another attempt may follow. */
  onTrouble(error: MeshError): void;
  /** Moves a new connection's video channel to the stream worker. Returns what removes it from there. */
  moveVideo(volunteerId: string, channel: RTCDataChannel): () => void;
}

/** A gamer's end of the link to one volunteer: the task runner, the heartbeat monitor, and the volunteer's public description. */
export class GamerLink {
  readonly #options: GamerLinkOptions;
  #runner: RemoteRunner | null = null;
  #rttMs: number = ASSUMED_RTT_MS;
  #load = 0;
  #completed = 0;
  #failed = 0;
  #reported = { completed: 0, failed: 0 };
  /** Removes the current connection's video channel from the worker; null until a stream needed the channel. */
  #detachVideo: (() => void) | null = null;

  constructor(options: GamerLinkOptions) {
    this.#options = options;
    options.link.events.add((event) => {
      if (event.kind === 'lost' && event.error) options.onTrouble(event.error);
      if (event.kind === 'open' || (event.kind === 'message' && event.message.kind === 'capabilities'))
        this.#updateCapabilities();
    });
  }

  get link(): Link {
    return this.#options.link;
  }

  get id(): string {
    return this.link.peerId;
  }

  get name(): string {
    return this.link.peerName;
  }

  /** Null while there is no open connection. */
  get capabilities(): Capabilities | null {
    return this.link.state === 'open' ? this.link.capabilities : null;
  }

  get rttMs(): number {
    return this.#rttMs;
  }

  /** Sets up this end of a new connection's channels. Returns what closes them. */
  attach(createChannel: CreateChannel): () => void {
    const { link, dispatcher, clock, memory } = this.#options;
    const onBroken = (error: MeshError) => link.broken(error);
    const runner = new RemoteRunner({
      volunteerId: link.peerId,
      port: createChannel('tasks'),
      clock,
      memory,
      onRoom: () => dispatcher.wake(),
      onWork: () => heartbeat.workBegan(),
      onSign: () => heartbeat.heard(),
      onBroken,
    });
    const heartbeat = new HeartbeatMonitor({
      port: createChannel('heartbeat'),
      clock,
      hasWork: () => runner.outstanding > 0,
      serviceP99Ms: () => runner.serviceP99Ms,
      onReading: ({ rttMs, load }) => {
        this.#rttMs = rttMs;
        this.#load = load;
        runner.rttMs = rttMs;
        this.#options.onChanged();
      },
      onSilence: (isSilent) => {
        log.info(isSilent ? 'silent' : 'heard again', { volunteer: shortId(link.peerId) });
        runner.isSilent = isSilent;
        if (isSilent) dispatcher.suspect(runner);
      },
      onAnswered: (isAnswered) => {
        link.answered(isAnswered);
        this.#options.onChanged();
      },
      onLost: (error) => link.fail(error),
      onBroken,
    });
    this.#runner = runner;
    return () => {
      this.#runner = null;
      this.#detachVideo?.();
      this.#detachVideo = null;
      heartbeat.dispose();
      runner.dispose();
      dispatcher.remove(runner);
      this.#options.onChanged();
    };
  }

  /** Makes the video channel, which all streams over a connection share, unless there is one. */
  ensureVideo(): void {
    const { link, moveVideo } = this.#options;
    this.#detachVideo ??= moveVideo(link.peerId, link.createChannel('video'));
  }

  /** Counts a task that ended on this volunteer. */
  count(succeeded: boolean): void {
    if (succeeded) this.#completed++;
    else this.#failed++;
  }

  /** Results since the last report; null if there were none. */
  takeReport(): { volunteerId: string; completed: number; failed: number; rttMs: number } | null {
    const completed = this.#completed - this.#reported.completed;
    const failed = this.#failed - this.#reported.failed;
    if (completed + failed === 0) return null;
    this.#reported = { completed: this.#completed, failed: this.#failed };
    return { volunteerId: this.id, completed, failed, rttMs: this.#rttMs };
  }

  /** Null while it is not linked. */
  info(): VolunteerInfo | null {
    const { capabilities } = this;
    if (!capabilities) return null;
    return {
      id: this.id,
      name: this.name,
      backend: capabilities.backends.upscale?.backend ?? '',
      rttMs: this.#rttMs,
      load: this.#load,
      score: this.link.score,
      tasks: capabilities.tasks as TaskType[],
      completed: this.#completed,
      failed: this.#failed,
      barred: this.#options.trust.isBarred(this.id),
    };
  }

  async diagnostics(): Promise<GamerDiagnostics['links'][number]> {
    return {
      ...(await linkDiagnostics(this.link)),
      rttMs: this.#rttMs,
      load: this.#load,
      score: this.link.score,
      completed: this.#completed,
      failed: this.#failed,
      barred: this.#options.trust.isBarred(this.id),
    };
  }

  #updateCapabilities(): void {
    const { dispatcher } = this.#options;
    const runner = this.#runner;
    if (!runner) return;
    runner.capabilities = this.link.capabilities;
    dispatcher.add(runner);
    this.#options.onChanged();
  }
}
