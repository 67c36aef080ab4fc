import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities, ControlMessage } from '../../shared/messages.ts';
import type { BackendName } from '../compute/backend.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { Link, LinkEnvironment } from '../net/link.ts';
import type { ControlBytes } from '../net/link-environment.ts';
import { makeTransferable } from '../net/transferable-channel.ts';
import { remoteOf, type StartedWorker, startWorker } from './host-page.ts';
import { receiveLog } from './log-relay.ts';
import { openBrowserModel } from './serving/browser-model.ts';
import { DataGuard } from './serving/data-guard.ts';
import type { VolunteerWorkerApi, VolunteerWorkerEvent, WorkerStats } from './volunteer.worker.ts';
import volunteerWorkerUrl from './volunteer.worker.ts?worker&url';
import type { WorkerLimits } from './volunteer-limits.ts';
import './worker-errors.ts';

/** Time, ms, in which the worker should confirm a pause. It answers within a task's slice unless something blocks it. */
const PAUSE_BUDGET_MS = 200;

/** How often the worker is told that the machine is awake, ms. */
const AWAKE_INTERVAL_MS = 1_000;
/** Timers of hidden pages are late by a second or so. If this one is much later, the machine was suspended. */
const MAX_AWAKE_GAP_MS = 5_000;

const NO_STATS: WorkerStats = {
  tasksDone: 0,
  framesDone: 0,
  load: 0,
  coolingShare: 1,
  qualities: [],
  busyMs: 0,
  bytesIn: 0,
  bytesOut: 0,
};

export interface VolunteerWorkerClientOptions {
  /** The gamers' links by id. */
  links(): ReadonlyMap<string, Link>;
  /** {@link VolunteerWorkerClient.stats} changed. */
  onStats(): void;
  /** The machine was measured again after its GPU was lost. */
  onCapabilities(capabilities: Capabilities): void;
  onModelProgress(progress: ModelProgress): void;
}

/** The page's side of the volunteer's worker: moves channels there, and carries stream negotiation between it and the links. */
export class VolunteerWorkerClient {
  readonly #options: VolunteerWorkerClientOptions;
  readonly #started: StartedWorker;
  readonly #dataGuard = new DataGuard({ now: systemClock.now, onExcess: (...excess) => this.#stopData(...excess) });
  #stats = NO_STATS;
  /** On the control channels, which the page keeps. */
  readonly #controlBytes = { bytesIn: 0, bytesOut: 0 };
  #cancelPauseBudget = () => {};
  #cancelAwake = () => {};
  readonly #tellShown = () => void this.remote.pageShown(document.visibilityState === 'visible');
  readonly remote: Comlink.Remote<VolunteerWorkerApi>;

  /** Throws MeshError `unsupported-browser`. */
  constructor(options: VolunteerWorkerClientOptions) {
    this.#options = options;
    this.#started = startWorker(volunteerWorkerUrl, 'p2c2r-volunteer');
    this.remote = remoteOf<VolunteerWorkerApi>(this.#started.worker);
    const connection = receiveLog();
    void this.remote.openLog(Comlink.transfer(connection, [connection.port]));
  }

  /** Bytes: of the worker's channels and of the page's. */
  get stats(): WorkerStats {
    const { bytesIn, bytesOut } = this.#stats;
    const control = this.#controlBytes;
    return { ...this.#stats, bytesIn: bytesIn + control.bytesIn, bytesOut: bytesOut + control.bytesOut };
  }

  /** Whether no more data should be moved today: links that go on are ended. */
  set isDataUsedUp(isUsedUp: boolean) {
    this.#dataGuard.isHeld = isUsedUp;
  }

  /** Measures this machine. Throws MeshError if nothing can be computed here, or the worker does not start. */
  async start(limits: WorkerLimits, backend?: BackendName): Promise<Capabilities> {
    const browserModel = await openBrowserModel();
    this.#tellAwake(systemClock.now());
    this.#tellShown();
    document.addEventListener('visibilitychange', this.#tellShown);
    const listener = Comlink.proxy((event: VolunteerWorkerEvent) => this.#handle(event));
    const model = browserModel ? Comlink.proxy(browserModel) : undefined;
    return Promise.race([this.remote.start(listener, limits, backend, model), this.#started.failed]);
  }

  /** Makes a new connection's channels and moves them to the worker. Returns what detaches them. */
  attach(link: Link, createChannel: Parameters<LinkEnvironment['attachChannels']>[1]): () => void {
    const [tasks, video, heartbeat] = [createChannel('tasks'), createChannel('video'), createChannel('heartbeat')].map(
      (channel) => makeTransferable(channel),
    );
    if (!tasks || !video || !heartbeat) return () => {};
    this.remote
      .attach(link.peerId, Comlink.transfer({ tasks, video, heartbeat }, [tasks, video, heartbeat]))
      .catch((cause: unknown) => link.broken(MeshError.from(cause, 'connection-failed')));
    return () => void this.remote.detach(link.peerId);
  }

  /** Counts a message of a control channel. */
  countControl(link: Link, { bytesIn, bytesOut }: ControlBytes): void {
    this.#controlBytes.bytesIn += bytesIn;
    this.#controlBytes.bytesOut += bytesOut;
    this.#dataGuard.moved(link.peerId, bytesIn + bytesOut);
  }

  /** Hands running work back at once. Where something blocks the worker, the links are ended, which gamers notice by themselves. */
  pause(): void {
    this.#cancelPauseBudget();
    this.#cancelPauseBudget = systemClock.after(PAUSE_BUDGET_MS, () =>
      this.failLinks('The volunteer paused amid a long computation. Its work continues elsewhere.'),
    );
    void this.remote.pause().then(() => this.#cancelPauseBudget());
  }

  resume(): void {
    this.#cancelPauseBudget();
    void this.remote.resume();
  }

  /** Ends the connections for a worker that cannot hand its work back. Gamers notice that at once, and connect again. */
  failLinks(why: string): void {
    for (const link of this.#options.links().values()) {
      if (link.state === 'open') link.fail(new MeshError('connection-failed', why));
    }
  }

  /** Acts on a gamer's message: streams are opened, changed and closed in the worker. */
  receive(link: Link, message: ControlMessage): void {
    if (message.kind === 'stream-setup') void this.#setupStream(link, message);
    else if (message.kind === 'stream-close') void this.remote.closeStream(link.peerId, message.streamId);
  }

  dispose(): void {
    this.#cancelPauseBudget();
    this.#cancelAwake();
    document.removeEventListener('visibilitychange', this.#tellShown);
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

  #tellAwake(sinceMs: number): void {
    const nowMs = systemClock.now();
    const { timeOrigin } = performance;
    if (nowMs - sinceMs < MAX_AWAKE_GAP_MS) void this.remote.wasAwake(timeOrigin + sinceMs, timeOrigin + nowMs);
    this.#cancelAwake = systemClock.after(AWAKE_INTERVAL_MS, () => this.#tellAwake(nowMs));
  }

  /** The first time an honest gamer may have been too slow to stop: it may connect again, and is given nothing to send for. */
  #stopData(peerId: string, isRepeated: boolean): void {
    const link = this.#options.links().get(peerId);
    const why = 'This volunteer’s data limit of today is used up, and more was sent to it. It helps again tomorrow.';
    if (isRepeated) link?.close(new MeshError('queue-full', why));
    else link?.fail(new MeshError('connection-failed', why));
  }

  #handle(event: VolunteerWorkerEvent): void {
    const { links, onStats, onCapabilities, onModelProgress } = this.#options;
    if (event.kind === 'stats') {
      this.#stats = event.stats;
      for (const [linkId, bytes] of event.moved) this.#dataGuard.moved(linkId, bytes);
      onStats();
    } else if (event.kind === 'capabilities') onCapabilities(event.capabilities);
    else if (event.kind === 'model-progress') onModelProgress(event.progress);
    else if (event.kind === 'link-broken') links().get(event.linkId)?.broken(MeshError.from(event.error));
    else {
      const { streamId, error } = event;
      links().get(event.linkId)?.send({ kind: 'stream-failed', streamId, error });
    }
  }
}
