import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities, ControlMessage } from '../../shared/messages.ts';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import { volunteerIdentity } from '../net/identity.ts';
import type { Link, LinkEnvironment } from '../net/link.ts';
import { Mesh, type MeshEvent } from '../net/mesh.ts';
import { moveChannel } from '../net/moved-channel.ts';
import { requireWebRtc } from '../net/peer.ts';
import { SIGNALING_CLIENT } from '../net/tuning.ts';
import { defaultServerUrl } from './module-url.ts';
import { whenPageEnds } from './page-end.ts';
import { type StartedWorker, startWorker } from './start-worker.ts';
import { VOLUNTEER } from './tuning.ts';
import type { VolunteerLimits, VolunteerOptions, VolunteerStats } from './types.ts';
import type { VolunteerWorkerApi } from './volunteer.worker.ts';
import volunteerWorkerUrl from './volunteer.worker.ts?worker&url';
import type { VolunteerWorkerEvent, WorkerStats } from './volunteer-worker-protocol.ts';
import './worker-errors.ts';

/** Origins whose models a volunteer's owner may allow. */
const MAX_MODEL_ORIGINS = 64;

export type VolunteerState = 'probing' | 'serving' | 'paused' | 'reconnecting' | 'stopped';

const DEFAULT_LIMITS: VolunteerLimits = {
  gpuShare: 1,
  maxGamers: VOLUNTEER.maxGamers,
  onlyWhenIdle: false,
  pauseOnBattery: false,
  keepAwake: false,
  acceptModelsFrom: [],
};

const NO_STATS: WorkerStats = {
  tasksDone: 0,
  framesDone: 0,
  load: 0,
  qualities: [],
  busyMs: 0,
  bytesIn: 0,
  bytesOut: 0,
};

/**
 * A machine that lends its GPU to the gamers of a room.
 *
 * Events: `state`, `stats`, `error` (a CustomEvent<MeshError>: a gamer could not be linked, the server ended the session),
 * `model-progress` (a CustomEvent<ModelProgress>: it fetches a network to sharpen with).
 */
export class VolunteerNode extends EventTarget {
  readonly #started: StartedWorker;
  readonly #worker: Comlink.Remote<VolunteerWorkerApi>;
  readonly #stopWatchingPage: () => void;
  readonly #onModelProgress: VolunteerOptions['onModelProgress'];
  #limits: VolunteerLimits;
  #capabilities: Capabilities = { adapter: '', backends: {}, tasks: [], codecs: [] };
  #mesh: Mesh | null = null;
  #stats: WorkerStats = NO_STATS;
  #paused = false;
  /** The server will not have this session back. */
  #isForsaken = false;
  #stopping: Promise<void> | null = null;
  #cancelStatus = () => {};

  /**
   * Resolves once registered with measured capabilities, within 2.6 s for measuring and the join.
   * Throws MeshError `unsupported-browser`, `signaling-unreachable`, `not-invited`, `room-full`, `protocol-version`, `bad-input`.
   */
  static async start(options: VolunteerOptions = {}): Promise<VolunteerNode> {
    requireWebRtc(undefined);
    const node = new VolunteerNode(options);
    try {
      await node.#start(options);
      return node;
    } catch (cause) {
      await node.stop();
      throw MeshError.from(cause, 'connection-failed');
    }
  }

  private constructor({ limits = {}, onModelProgress }: VolunteerOptions) {
    super();
    this.#onModelProgress = onModelProgress;
    this.#limits = checkedLimits({ ...DEFAULT_LIMITS, ...limits });
    this.#started = startWorker(volunteerWorkerUrl, 'p2c2r-volunteer');
    this.#worker = Comlink.wrap<VolunteerWorkerApi>(this.#started.worker);
    this.#stopWatchingPage = whenPageEnds(() => this.stop());
  }

  get room(): string {
    return this.#mesh?.session.joined.room ?? '';
  }

  get capabilities(): { adapter: string; backends: Record<string, { backend: string; unitsPerMs: number }> } {
    const { adapter, backends } = this.#capabilities;
    return { adapter, backends };
  }

  get state(): VolunteerState {
    if (this.#stopping) return 'stopped';
    if (!this.#mesh) return 'probing';
    if (this.#mesh.state !== 'online') return 'reconnecting';
    return this.#paused ? 'paused' : 'serving';
  }

  get limits(): VolunteerLimits {
    return { ...this.#limits };
  }

  /** Throws MeshError `bad-input`. */
  setLimits(limits: Partial<VolunteerLimits>): void {
    this.#limits = checkedLimits({ ...this.#limits, ...limits });
    void this.#worker.acceptModelsFrom(this.#limits.acceptModelsFrom);
    this.#tellStatus();
  }

  stats(): VolunteerStats {
    return { ...this.#stats, gamers: this.#openLinks().length };
  }

  /** Hands running work back at once. */
  pause(): void {
    if (this.#paused || this.#stopping) return;
    this.#paused = true;
    void this.#worker.pause();
    this.#stateChanged();
  }

  resume(): void {
    if (!this.#paused || this.#stopping) return;
    this.#paused = false;
    void this.#worker.resume();
    // Gamers whose streams were handed back take this as an offer.
    this.#tellCapabilities();
    this.#stateChanged();
  }

  /** Hands running work back and leaves. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start({
    url = defaultServerUrl(),
    room,
    invite,
    lobby,
    name = 'volunteer',
    backend,
    ...net
  }: VolunteerOptions): Promise<void> {
    const tell = Comlink.proxy((event: VolunteerWorkerEvent) => this.#told(event));
    const measuring = Promise.race([
      this.#worker.start(tell, this.#limits.acceptModelsFrom, backend),
      this.#started.failed,
    ]);
    const identifying = URL.canParse(url) ? volunteerIdentity(new URL(url).host) : null;
    const [capabilities, identity] = await Promise.all([measuring, identifying]);
    this.#capabilities = capabilities;
    this.#mesh = await Mesh.join({
      url,
      role: 'volunteer',
      ...{ name, room, invite, lobby, identity: identity ?? undefined },
      iceServers: net.iceServers,
      relayOnly: net.relayOnly,
      clock: systemClock,
      random: Math.random,
      capabilities: () => this.#capabilities,
      status: () => this.#status(),
      attachChannels: (link, createChannel) => this.#attach(link, createChannel),
      onEvent: (event) => this.#heard(event),
    });
    this.#repeatStatus();
    this.#stateChanged();
  }

  async #stop(): Promise<void> {
    this.#cancelStatus();
    this.#stopWatchingPage();
    await this.#mesh?.close();
    this.#worker[Comlink.releaseProxy]();
    this.#started.terminate();
    this.dispatchEvent(new Event('state'));
  }

  #attach(link: Link, createChannel: Parameters<LinkEnvironment['attachChannels']>[1]): () => void {
    const [tasks, video, pulse] = [createChannel('tasks'), createChannel('video'), createChannel('pulse')].map(
      (channel) => moveChannel(channel),
    );
    if (!tasks || !video || !pulse) return () => {};
    this.#worker
      .attach(link.peerId, Comlink.transfer({ tasks, video, pulse }, [tasks, video, pulse]))
      .catch((cause: unknown) => link.broken(MeshError.from(cause, 'connection-failed')));
    return () => void this.#worker.detach(link.peerId);
  }

  #heard(event: MeshEvent): void {
    if (event.kind === 'linked') this.#follow(event.link);
    else if (event.kind === 'state') this.#stateChanged();
    else if (event.error) this.#tell(event.error);
    if (event.kind === 'ended') this.#isForsaken = true;
    // It goes on for the gamers it is linked with, and ends with the last of them.
    if (this.#isForsaken && this.#openLinks().length === 0) void this.stop();
  }

  #follow(link: Link): void {
    let hasOpened = false;
    link.events.add((change) => {
      if (change.kind === 'open') hasOpened = true;
      // Its gamer goes on trying. What is in the way may be something that a person can do something about.
      if (change.kind === 'lost' && change.error && !hasOpened) this.#tell(change.error);
      this.#linkChanged(link, change.kind === 'message' ? change.message : null);
    });
  }

  /** A gamer came, left, or asked for something. */
  #linkChanged(link: Link, message: ControlMessage | null): void {
    if (message?.kind === 'stream-setup') void this.#setupStream(link, message);
    else if (message?.kind === 'stream-close') void this.#worker.closeStream(link.peerId, message.streamId);
    else if (!message) this.dispatchEvent(new Event('stats'));
  }

  async #setupStream(link: Link, { setup }: Extract<ControlMessage, { kind: 'stream-setup' }>): Promise<void> {
    const { streamId } = setup;
    try {
      const backend = await this.#worker.setupStream(link.peerId, setup);
      link.send({ kind: 'stream-ready', streamId, backend });
    } catch (cause) {
      link.send({ kind: 'stream-failed', streamId, error: MeshError.from(cause).toWire() });
    }
  }

  #told(event: VolunteerWorkerEvent): void {
    if (event.kind === 'stats') {
      this.#stats = event.stats;
      this.dispatchEvent(new Event('stats'));
    } else if (event.kind === 'capabilities') {
      this.#capabilities = event.capabilities;
      this.#tellCapabilities();
    } else if (event.kind === 'model-progress') {
      this.#onModelProgress?.(event.progress);
      this.dispatchEvent(new CustomEvent('model-progress', { detail: event.progress }));
    } else if (event.kind === 'link-broken') this.#mesh?.links.get(event.linkId)?.broken(MeshError.from(event.error));
    else {
      const { streamId, error } = event;
      this.#mesh?.links.get(event.linkId)?.send({ kind: 'stream-failed', streamId, error });
    }
  }

  #tellCapabilities(): void {
    for (const link of this.#openLinks()) link.send({ kind: 'capabilities', capabilities: this.#capabilities });
  }

  #openLinks(): Link[] {
    return [...(this.#mesh?.links.values() ?? [])].filter(({ state }) => state === 'open');
  }

  #status(): VolunteerStatus {
    const { load } = this.#stats;
    const { tasks } = this.#capabilities;
    return { load, accepting: !this.#paused, tasks, maxGamers: this.#limits.maxGamers };
  }

  #tellStatus(): void {
    if (this.#mesh && !this.#stopping) this.#mesh.session.tellStatus(this.#status());
  }

  /** A load changes by itself. */
  #repeatStatus(): void {
    this.#cancelStatus = systemClock.after(SIGNALING_CLIENT.statusIntervalMs, () => this.#repeatStatus());
    this.#tellStatus();
  }

  #stateChanged(): void {
    this.#tellStatus();
    this.dispatchEvent(new Event('state'));
  }

  #tell(error: MeshError): void {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }
}

function checkedLimits(limits: VolunteerLimits): VolunteerLimits {
  const { maxGamers, gpuShare, acceptModelsFrom } = limits;
  if (!Number.isInteger(maxGamers) || maxGamers < 1 || maxGamers > TASK_LIMITS.maxGamersLimit) {
    throw MeshError.badInput(`The limit maxGamers is a whole number from 1 to ${TASK_LIMITS.maxGamersLimit}.`);
  }
  if (!(gpuShare > 0 && gpuShare <= 1)) throw MeshError.badInput('The limit gpuShare is a number above 0 and up to 1.');
  if (!Array.isArray(acceptModelsFrom) || acceptModelsFrom.length > MAX_MODEL_ORIGINS) {
    throw MeshError.badInput(`The limit acceptModelsFrom is a list of at most ${MAX_MODEL_ORIGINS} origins.`);
  }
  for (const origin of acceptModelsFrom) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw MeshError.badInput(`'${origin}' in acceptModelsFrom is no origin, such as https://models.example.`);
    }
  }
  return limits;
}
