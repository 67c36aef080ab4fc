import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/messages.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import { volunteerIdentity } from '../net/identity.ts';
import type { Link } from '../net/link.ts';
import { Mesh, type MeshEvent } from '../net/mesh.ts';
import { requireWebRtc } from '../net/peer.ts';
import { STATUS_INTERVAL_MS } from '../net/status-reporter.ts';
import { linkDiagnostics, orNull, pageDiagnostics } from './diagnostics.ts';
import type { VolunteerDiagnostics } from './diagnostics-types.ts';
import { defaultServerUrl, whenPageEnds } from './host-page.ts';
import { applyLogSetting } from './log-setting.ts';
import type { VolunteerLimits, VolunteerOptions, VolunteerStats } from './types.ts';
import type { WorkerStats } from './volunteer.worker.ts';
import { checkedLimits, DEFAULT_LIMITS } from './volunteer-limits.ts';
import { VolunteerWorkerClient } from './volunteer-worker-client.ts';

/**
 * `probing`: measuring this machine. `reconnecting`: the server cannot be reached, while the gamers that are linked are still served.
 * `paused`: takes no work.
 */
export type VolunteerState = 'probing' | 'serving' | 'paused' | 'reconnecting' | 'stopped';

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
 * Events:
 * - `state`: {@link VolunteerNode.state} changed.
 * - `stats`: {@link VolunteerNode.stats} changed.
 * - `error` (CustomEvent<MeshError>): a gamer could not be linked, or the server ended the session.
 * - `model-progress` (CustomEvent<ModelProgress>): this machine is downloading a neural network.
 */
export class VolunteerNode extends EventTarget {
  readonly #worker: VolunteerWorkerClient;
  readonly #stopWatchingPage: () => void;
  #limits: VolunteerLimits;
  #capabilities: Capabilities = { adapter: '', backends: {}, tasks: [], codecs: [] };
  #mesh: Mesh | null = null;
  #stats: WorkerStats = NO_STATS;
  #paused = false;
  /** The server ended the session for good. */
  #isSessionOver = false;
  #stopping: Promise<void> | null = null;
  #cancelStatus = () => {};

  /**
   * Measures this machine and joins as a volunteer. Measuring takes some seconds (`COMPUTE.probeBudgetMs` at most).
   *
   * Throws MeshError `bad-input`, `unsupported-browser`, `signaling-unreachable`, `not-invited`, `room-full`, `protocol-version`.
   */
  static async start(options: VolunteerOptions = {}): Promise<VolunteerNode> {
    applyLogSetting(options.log);
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
    this.#limits = checkedLimits({ ...DEFAULT_LIMITS, ...limits });
    this.#worker = new VolunteerWorkerClient({
      links: () => this.#mesh?.links ?? new Map<string, Link>(),
      onStats: (stats) => {
        this.#stats = stats;
        this.dispatchEvent(new Event('stats'));
      },
      onCapabilities: (capabilities) => {
        this.#capabilities = capabilities;
        this.#sendCapabilities();
      },
      onModelProgress: (progress) => {
        onModelProgress?.(progress);
        this.dispatchEvent(new CustomEvent('model-progress', { detail: progress }));
      },
    });
    this.#stopWatchingPage = whenPageEnds(() => this.stop());
  }

  /** The room's name; empty before the join. */
  get room(): string {
    return this.#mesh?.session.joined.room ?? '';
  }

  /** What this machine was measured to do. `unitsPerMs`: speed in units of each task type's cost. */
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

  /** Changes some of the limits. Throws MeshError `bad-input`. */
  setLimits(limits: Partial<VolunteerLimits>): void {
    this.#limits = checkedLimits({ ...this.#limits, ...limits });
    void this.#worker.remote.acceptModelsFrom(this.#limits.acceptModelsFrom);
    this.#sendStatus();
  }

  stats(): VolunteerStats {
    return { ...this.#stats, gamers: this.#openLinks().length };
  }

  /** A report for diagnosing a problem. It has no names, invites, keys or network addresses. Never rejects. */
  async diagnostics(): Promise<VolunteerDiagnostics> {
    const [page, links, codecs] = await Promise.all([
      pageDiagnostics(),
      Promise.all([...(this.#mesh?.links.values() ?? [])].map(linkDiagnostics)),
      orNull(this.#worker.remote.codecs()),
    ]);
    return {
      role: 'volunteer',
      state: this.state,
      ...page,
      engine: this.capabilities,
      codecs: codecs ?? [],
      stats: this.stats(),
      maxGamers: this.#limits.maxGamers,
      links,
    };
  }

  /** Hands running work back at once, and takes no more until {@link resume}. */
  pause(): void {
    if (this.#paused || this.#stopping) return;
    this.#paused = true;
    void this.#worker.remote.pause();
    this.#stateChanged();
  }

  resume(): void {
    if (!this.#paused || this.#stopping) return;
    this.#paused = false;
    void this.#worker.remote.resume();
    // Gamers whose streams were handed back take this as an offer.
    this.#sendCapabilities();
    this.#stateChanged();
  }

  /** Hands running work back and leaves the room. */
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
    iceServers,
    relayOnly,
  }: VolunteerOptions): Promise<void> {
    const measuring = this.#worker.start(this.#limits.acceptModelsFrom, backend);
    const identifying = URL.canParse(url) ? volunteerIdentity(new URL(url).host) : null;
    const [capabilities, identity] = await Promise.all([measuring, identifying]);
    this.#capabilities = capabilities;
    this.#mesh = await Mesh.join({
      url,
      role: 'volunteer',
      ...{ name, room, invite, lobby, iceServers, relayOnly, identity: identity ?? undefined },
      clock: systemClock,
      random: Math.random,
      capabilities: () => this.#capabilities,
      status: () => this.#status(),
      attachChannels: (link, createChannel) => this.#worker.attach(link, createChannel),
      onEvent: (event) => this.#handle(event),
    });
    this.#repeatStatus();
    this.#stateChanged();
  }

  async #stop(): Promise<void> {
    this.#cancelStatus();
    this.#stopWatchingPage();
    await this.#mesh?.close();
    this.#worker.dispose();
    this.dispatchEvent(new Event('state'));
  }

  #handle(event: MeshEvent): void {
    if (event.kind === 'linked') this.#follow(event.link);
    else if (event.kind === 'state') this.#stateChanged();
    else if (event.error) this.#reportError(event.error);
    if (event.kind === 'ended') this.#isSessionOver = true;
    // The gamers that are linked are still served; the node stops with the last of them.
    if (this.#isSessionOver && this.#openLinks().length === 0) void this.stop();
  }

  #follow(link: Link): void {
    let hasOpened = false;
    link.events.add((event) => {
      if (event.kind === 'open') hasOpened = true;
      // The gamer keeps trying, but the person here may be able to remove the cause.
      if (event.kind === 'lost' && event.error && !hasOpened) this.#reportError(event.error);
      if (event.kind === 'message') this.#worker.receive(link, event.message);
      else this.dispatchEvent(new Event('stats'));
    });
  }

  #sendCapabilities(): void {
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

  #sendStatus(): void {
    if (this.#mesh && !this.#stopping) this.#mesh.session.tellStatus(this.#status());
  }

  /** Sends the status at intervals, because the load changes by itself. */
  #repeatStatus(): void {
    this.#cancelStatus = systemClock.after(STATUS_INTERVAL_MS, () => this.#repeatStatus());
    this.#sendStatus();
  }

  #stateChanged(): void {
    this.#sendStatus();
    this.dispatchEvent(new Event('state'));
  }

  #reportError(error: MeshError): void {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }
}
