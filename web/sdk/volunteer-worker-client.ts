import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities, ControlMessage } from '../../shared/messages.ts';
import type { BackendName } from '../compute/backend.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { Link, LinkEnvironment } from '../net/link.ts';
import { makeTransferable } from '../net/transferable-channel.ts';
import { remoteOf, type StartedWorker, startWorker } from './host-page.ts';
import { receiveLog } from './log-relay.ts';
import type { VolunteerWorkerApi, VolunteerWorkerEvent, WorkerLimits, WorkerStats } from './volunteer.worker.ts';
import volunteerWorkerUrl from './volunteer.worker.ts?worker&url';
import './worker-errors.ts';

export interface VolunteerWorkerClientOptions {
  /** The gamers' links by id. */
  links(): ReadonlyMap<string, Link>;
  onStats(stats: WorkerStats): void;
  /** The machine was measured again after its GPU was lost. */
  onCapabilities(capabilities: Capabilities): void;
  onModelProgress(progress: ModelProgress): void;
}

/** The page's side of the volunteer's worker: moves channels there, and carries stream negotiation between it and the links. */
export class VolunteerWorkerClient {
  readonly #options: VolunteerWorkerClientOptions;
  readonly #started: StartedWorker;
  readonly remote: Comlink.Remote<VolunteerWorkerApi>;

  /** Throws MeshError `unsupported-browser`. */
  constructor(options: VolunteerWorkerClientOptions) {
    this.#options = options;
    this.#started = startWorker(volunteerWorkerUrl, 'p2c2r-volunteer');
    this.remote = remoteOf<VolunteerWorkerApi>(this.#started.worker);
    const connection = receiveLog();
    void this.remote.openLog(Comlink.transfer(connection, [connection.port]));
  }

  /** Measures this machine. Throws MeshError if nothing can be computed here, or the worker does not start. */
  start(limits: WorkerLimits, backend?: BackendName): Promise<Capabilities> {
    const listener = Comlink.proxy((event: VolunteerWorkerEvent) => this.#handle(event));
    return Promise.race([this.remote.start(listener, limits, backend), this.#started.failed]);
  }

  /** Makes a new connection's channels and moves them to the worker. Returns what detaches them. */
  attach(link: Link, createChannel: Parameters<LinkEnvironment['attachChannels']>[1]): () => void {
    const [tasks, video, pulse] = [createChannel('tasks'), createChannel('video'), createChannel('pulse')].map(
      (channel) => makeTransferable(channel),
    );
    if (!tasks || !video || !pulse) return () => {};
    this.remote
      .attach(link.peerId, Comlink.transfer({ tasks, video, pulse }, [tasks, video, pulse]))
      .catch((cause: unknown) => link.broken(MeshError.from(cause, 'connection-failed')));
    return () => void this.remote.detach(link.peerId);
  }

  /** Acts on a gamer's message: streams are opened, changed and closed in the worker. */
  receive(link: Link, message: ControlMessage): void {
    if (message.kind === 'stream-setup') void this.#setupStream(link, message);
    else if (message.kind === 'stream-close') void this.remote.closeStream(link.peerId, message.streamId);
  }

  dispose(): void {
    this.remote[Comlink.releaseProxy]();
    this.#started.terminate();
  }

  async #setupStream(link: Link, { setup }: Extract<ControlMessage, { kind: 'stream-setup' }>): Promise<void> {
    const { streamId } = setup;
    try {
      const backend = await this.remote.setupStream(link.peerId, setup);
      link.send({ kind: 'stream-ready', streamId, backend });
    } catch (cause) {
      link.send({ kind: 'stream-failed', streamId, error: MeshError.from(cause).toWire() });
    }
  }

  #handle(event: VolunteerWorkerEvent): void {
    const { links, onStats, onCapabilities, onModelProgress } = this.#options;
    if (event.kind === 'stats') onStats(event.stats);
    else if (event.kind === 'capabilities') onCapabilities(event.capabilities);
    else if (event.kind === 'model-progress') onModelProgress(event.progress);
    else if (event.kind === 'link-broken') links().get(event.linkId)?.broken(MeshError.from(event.error));
    else {
      const { streamId, error } = event;
      links().get(event.linkId)?.send({ kind: 'stream-failed', streamId, error });
    }
  }
}
