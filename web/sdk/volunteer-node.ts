import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/messages.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import type { VolunteerStatus } from '../../shared/signaling.ts';
import { volunteerIdentity } from '../net/identity.ts';
import type { Link } from '../net/link.ts';
import { Mesh, type MeshEvent } from '../net/mesh.ts';
import { requireWebRtc } from '../net/peer.ts';
import { STATUS_INTERVAL_MS } from '../net/status-reporter.ts';
import { linkDiagnostics, orNull, pageDiagnostics } from './diagnostics.ts';
import type { VolunteerDiagnostics } from './diagnostics-types.ts';
import { defaultServerUrl, watchPage } from './host-page.ts';
import { withInviteLink } from './invites.ts';
import { applyLogSetting } from './log-setting.ts';
import type { MachineSignals } from './serving/machine-signals.ts';
import { ServingConditions } from './serving/serving-conditions.ts';
import type { LimitState, VolunteerLimits, VolunteerOptions, VolunteerStats } from './types.ts';
import { checkedLimits, DEFAULT_LIMITS, requireSupported, workerLimits } from './volunteer-limits.ts';
import { VolunteerWorkerClient } from './volunteer-worker-client.ts';

/**
 * `probing`: measuring this machine. `reconnecting`: the server cannot be reached, while the gamers that are linked are still served.
 * `paused`: takes no work, because it was asked to pause or because a limit holds it back.
 */
export type VolunteerState = 'probing' | 'serving' | 'paused' | 'reconnecting' | 'stopped';

/**
 * A machine that lends its GPU to the gamers of a room.
 *
 * Events:
 * - `state`: {@link VolunteerNode.state} or {@link VolunteerNode.limitStates} changed.
 * - `stats`: {@link VolunteerNode.stats} changed.
 * - `error` (CustomEvent<MeshError>): a gamer could not be linked, or the server ended the session.
 * - `model-progress` (CustomEvent<ModelProgress>): this machine is downloading a neural network.
 */
export class VolunteerNode extends EventTarget {
  readonly #worker: VolunteerWorkerClient;
  readonly #stopWatchingPage: () => void;
  readonly #conditions: ServingConditions;
  readonly #signals: MachineSignals;
  #limits: VolunteerLimits;
  #capabilities: Capabilities = { adapter: '', backends: {}, tasks: [], codecs: [] };
  #mesh: Mesh | null = null;
  /** Asked to pause. */
  #paused = false;
  #frozen = false;
  /** What the worker was told. */
  #isHeldBack = false;
  /** The server ended the session for good. */
  #isSessionOver = false;
  #stopping: Promise<void> | null = null;
  #cancelStatus = () => {};

  /**
   * Measures this machine and joins as a volunteer. Measuring takes some seconds.
   *
   * Throws MeshError `bad-input`, `unsupported-browser`, `signaling-unreachable`, `not-invited`, `room-full`, `protocol-version`.
   */
  static async start(options: VolunteerOptions = {}): Promise<VolunteerNode> {
    applyLogSetting(options.log);
    requireWebRtc(undefined);
    const node = new VolunteerNode(options);
    try {
      await node.#start(withInviteLink(options));
      return node;
    } catch (cause) {
      await node.stop();
      throw MeshError.from(cause, 'connection-failed');
    }
  }

  private constructor({ limits = {}, signals = {}, onModelProgress }: VolunteerOptions) {
    super();
    this.#limits = checkedLimits({ ...DEFAULT_LIMITS, ...limits });
    requireSupported(this.#limits, signals);
    this.#signals = signals;
    this.#worker = new VolunteerWorkerClient({
      links: () => this.#mesh?.links ?? new Map<string, Link>(),
      onStats: () => {
        const { bytesIn, bytesOut } = this.#worker.stats;
        this.#conditions.counted(bytesIn + bytesOut);
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
    this.#conditions = new ServingConditions({
      clock: systemClock,
      today: () => new Date(),
      signals,
      onChange: () => this.#applyPauses(),
    });
    this.#stopWatchingPage = watchPage({
      end: () => this.stop(),
      suspend: () => this.#mesh?.suspend(),
      resume: () => this.#mesh?.resume(),
      networkReturned: () => this.#mesh?.networkReturned(),
      frozen: (isFrozen) => this.#freeze(isFrozen),
    });
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

  /** Whether the server is reached by polling, as on networks that block WebSockets: introductions take longer. Changes with `state`. */
  get isPolling(): boolean {
    return this.#mesh?.session.isPolling ?? false;
  }

  get state(): VolunteerState {
    if (this.#stopping) return 'stopped';
    if (!this.#mesh) return 'probing';
    if (this.#mesh.state !== 'online') return 'reconnecting';
    return this.#isHeldBack ? 'paused' : 'serving';
  }

  get limits(): VolunteerLimits {
    return { ...this.#limits };
  }

  /** Which limit holds it back now; null when none does. Of several the first. */
  get limitState(): LimitState | null {
    return this.limitStates[0] ?? null;
  }

  /** All limits that hold it back now. It resumes when there is none. */
  get limitStates(): LimitState[] {
    return this.#conditions.holds.map(({ limit, why }) => ({ limit, why: `Paused: ${why}.`, what: why }));
  }

  /** Changes some of the limits, with effect at once. Throws MeshError `bad-input`; `unsupported-browser` for one that cannot be kept here. */
  setLimits(limits: Partial<VolunteerLimits>): void {
    const changed = checkedLimits({ ...this.#limits, ...limits });
    requireSupported(changed, this.#signals);
    const isShareNew = changed.gpuShare !== this.#limits.gpuShare;
    this.#limits = changed;
    if (this.#stopping) return;
    void this.#worker.remote.applyLimits(workerLimits(changed));
    this.#conditions.limits = changed;
    if (isShareNew) this.#sendCapabilities();
    this.#sendStatus();
  }

  stats(): VolunteerStats {
    const interrupted = this.#links.filter(({ isInterrupted }) => isInterrupted).length;
    return {
      ...this.#worker.stats,
      gamers: this.#openLinks().length,
      interrupted,
      bytesToday: this.#conditions.bytesToday,
    };
  }

  /** A report for diagnosing a problem. It has no names, invites, keys or network addresses. Never rejects. */
  async diagnostics(): Promise<VolunteerDiagnostics> {
    const [page, links, codecs] = await Promise.all([
      pageDiagnostics(),
      Promise.all(this.#links.map(linkDiagnostics)),
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
    this.#applyPauses();
  }

  /** Ends {@link pause}. A limit may hold it back still. */
  resume(): void {
    if (!this.#paused || this.#stopping) return;
    this.#paused = false;
    this.#applyPauses();
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
    const measuring = this.#worker.start(workerLimits(this.#limits), backend);
    this.#conditions.limits = this.#limits;
    const host = parseUrl(url)?.host;
    const identifying = host === undefined ? null : volunteerIdentity(host);
    const [capabilities, identity] = await Promise.all([measuring, identifying, this.#conditions.ready()]);
    this.#capabilities = capabilities;
    this.#mesh = await Mesh.join({
      url,
      role: 'volunteer',
      ...{ name, room, invite, lobby, iceServers, relayOnly, identity: identity ?? undefined },
      clock: systemClock,
      random: Math.random,
      capabilities: () => this.#offer(),
      status: () => this.#status(),
      attachChannels: (link, createChannel) => this.#worker.attach(link, createChannel),
      onControlBytes: (link, bytes) => this.#worker.countControl(link, bytes),
      onEvent: (event) => this.#handle(event),
    });
    this.#repeatStatus();
    this.#conditions.isServing = !this.#isHeldBack;
    this.#stateChanged();
  }

  async #stop(): Promise<void> {
    this.#cancelStatus();
    this.#stopWatchingPage();
    this.#conditions.dispose();
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

  /** The pauses that were asked for, those of the limits and that of a frozen page are one to the worker, the server and the gamers. */
  #applyPauses(): void {
    if (this.#stopping) return;
    this.#worker.isDataUsedUp = this.#conditions.holds.some(({ limit }) => limit === 'dataMBPerDay');
    const isHeldBack = this.#paused || this.#frozen || this.#conditions.holds.length > 0;
    if (isHeldBack !== this.#isHeldBack) {
      this.#isHeldBack = isHeldBack;
      this.#conditions.isServing = this.#mesh !== null && !isHeldBack;
      if (isHeldBack) this.#worker.pause();
      else {
        this.#worker.resume();
        // Gamers whose streams were handed back take this as an offer.
        this.#sendCapabilities();
      }
    }
    this.#stateChanged();
  }

  #freeze(isFrozen: boolean): void {
    this.#frozen = isFrozen;
    this.#applyPauses();
    if (!isFrozen) return;
    // The worker is frozen too.
    this.#worker.failLinks('The browser froze the volunteer’s page. Its work continues elsewhere.');
  }

  #sendCapabilities(): void {
    const capabilities = this.#offer();
    for (const link of this.#openLinks()) link.send({ kind: 'capabilities', capabilities });
  }

  /** What this machine does for gamers: its measured speeds, as far as the share of its time allows. */
  #offer(): Capabilities {
    const { gpuShare } = this.#limits;
    const speeds = Object.entries(this.#capabilities.backends).map(
      ([kind, { backend, unitsPerMs }]) => [kind, { backend, unitsPerMs: unitsPerMs * gpuShare }] as const,
    );
    return { ...this.#capabilities, backends: Object.fromEntries(speeds) };
  }

  get #links(): Link[] {
    return [...(this.#mesh?.links.values() ?? [])];
  }

  #openLinks(): Link[] {
    return this.#links.filter(({ state }) => state === 'open');
  }

  #status(): VolunteerStatus {
    const { load } = this.#worker.stats;
    const { tasks } = this.#capabilities;
    return { load, accepting: !this.#isHeldBack, tasks, maxGamers: this.#limits.maxGamers };
  }

  #sendStatus(): void {
    if (this.#mesh && !this.#stopping) this.#mesh.session.reportStatus(this.#status());
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
