import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { MemoryBudget } from '../dispatch/memory-budget.ts';
import type { Link } from '../net/link.ts';
import { Mesh, type MeshEvent } from '../net/mesh.ts';
import type { PeerOptions } from '../net/peer.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import { STATUS_INTERVAL_MS } from '../net/status-reporter.ts';
import { makeTransferable } from '../net/transferable-channel.ts';
import type { BarredVolunteer, VolunteerTrust } from '../net/volunteer-trust.ts';
import type { GamerDiagnostics } from './diagnostics-types.ts';
import type { StreamLink } from './frame-stream.ts';
import { GamerLink } from './gamer-link.ts';
import type { LocalEngineClient } from './local-engine-client.ts';
import type { GamerOptions, VolunteerInfo } from './types.ts';

export interface GamerRoomOptions {
  url: string;
  dispatcher: Dispatcher;
  engine: LocalEngineClient;
  trust: VolunteerTrust;
  /** The list of volunteers, or something in it, changed. */
  onVolunteersChanged(): void;
  /** The connection to the server was lost or restored. */
  onStateChanged(): void;
  /** A volunteer could not be linked, or the server ended the session. */
  onError(error: MeshError): void;
}

/** A gamer's place in a room: the session at the server and the links to the volunteers. */
export class GamerRoom {
  readonly #options: GamerRoomOptions;
  readonly #links = new Map<string, GamerLink>();
  readonly #memory = new MemoryBudget();
  #mesh: Mesh | null = null;
  #cancelReports = () => {};
  #lastError: MeshError | null = null;
  #isClosed = false;

  constructor(options: GamerRoomOptions) {
    this.#options = options;
    options.trust.barred.add((barred) => this.#barred(barred));
  }

  /** Null before the join. */
  get joined(): SignalingClient['joined'] | null {
    return this.#mesh?.session.joined ?? null;
  }

  get isPolling(): boolean {
    return this.#mesh?.session.isPolling ?? false;
  }

  get state(): Mesh['state'] | 'connecting' {
    return this.#mesh?.state ?? 'connecting';
  }

  /** The volunteers with an open link. */
  get volunteers(): VolunteerInfo[] {
    return [...this.#links.values()].map((link) => link.info()).filter((info) => info !== null);
  }

  get interrupted(): number {
    return [...this.#links.values()].filter(({ link }) => link.isInterrupted).length;
  }

  get lastError(): MeshError | null {
    return this.#lastError;
  }

  /** Throws MeshError `unsupported-browser`, `bad-input`, `signaling-unreachable`, or the server's reason for a refusal. */
  async join({ name = 'gamer', wrtc, ...options }: GamerOptions): Promise<void> {
    const { room, invite, inviteOnly, lobby, needs, iceServers, relayOnly, where } = options;
    this.#mesh = await Mesh.join({
      url: this.#options.url,
      role: 'gamer',
      ...{ name, room, invite, inviteOnly, lobby, needs, iceServers, relayOnly },
      wrtc: wrtc as PeerOptions['wrtc'],
      worksAlone: where === 'local',
      clock: systemClock,
      random: Math.random,
      capabilities: () => null,
      attachChannels: (link, createChannel) => this.#linkOf(link).attach(createChannel),
      onEvent: (event) => this.#handle(event),
    });
    this.#report();
  }

  /** Throws MeshError `closed`, also before the join. */
  setRelayOnly(relayOnly: boolean): void {
    if (!this.#mesh || this.#isClosed) throw MeshError.closed('The client');
    this.#mesh.setRelayOnly(relayOnly);
  }

  /** See `Mesh.suspend`. */
  suspend(): void {
    if (!this.#isClosed) this.#mesh?.suspend();
  }

  resume(): void {
    if (!this.#isClosed) this.#mesh?.resume();
  }

  networkReturned(): void {
    if (!this.#isClosed) this.#mesh?.networkReturned();
  }

  /** A task ended on this volunteer. */
  countResult(volunteerId: string, succeeded: boolean): void {
    this.#links.get(volunteerId)?.count(succeeded);
  }

  /** The volunteers that may be given streams. */
  streamLinks(): StreamLink[] {
    return [...this.#links.values()].flatMap((link) => {
      const { capabilities } = link;
      if (!capabilities || this.#options.trust.isBarred(link.id)) return [];
      return {
        id: link.id,
        name: link.name,
        capabilities,
        rttMs: () => link.rttMs,
        sendControl: (message) => link.link.send(message),
        onControl: (listener) =>
          link.link.events.add((event) => {
            if (event.kind === 'message') listener(event.message);
          }),
        ensureVideo: () => link.ensureVideo(),
      };
    });
  }

  diagnostics(): Promise<GamerDiagnostics['links']> {
    return Promise.all([...this.#links.values()].map((link) => link.diagnostics()));
  }

  /** Throws MeshError `closed`, also before the join. */
  session(): SignalingClient {
    if (!this.#mesh || this.#isClosed) throw MeshError.closed('The client');
    return this.#mesh.session;
  }

  /** Stops reporting; from then on {@link session} throws. The links stay until {@link leave}. */
  close(): void {
    this.#isClosed = true;
    this.#cancelReports();
  }

  async leave(): Promise<void> {
    await this.#mesh?.close();
  }

  /** Reports a barred volunteer to the server and to the client's user. */
  #barred({ volunteerId, work, error }: BarredVolunteer): void {
    this.#mesh?.session.accuse({ volunteerId, work, reason: error.reason });
    this.#options.onVolunteersChanged();
    this.#reportError(error);
  }

  /** A link's first connection needs its channels before the link itself is announced. */
  #linkOf(link: Link): GamerLink {
    const known = this.#links.get(link.peerId);
    if (known) return known;
    const { dispatcher, engine, trust, onVolunteersChanged } = this.#options;
    const gamerLink = new GamerLink({
      link,
      trust,
      dispatcher,
      clock: systemClock,
      memory: this.#memory,
      onChanged: onVolunteersChanged,
      onTrouble: (error) => this.#reportError(error),
      moveVideo: (volunteerId, channel) =>
        engine.moveVideo(volunteerId, makeTransferable(channel), (error) => {
          // Its stream says so too, but maybe after the link is gone, and the stream with it.
          const isHostile = error.reason === 'verify-failed' && !trust.isBarred(volunteerId);
          if (isHostile) trust.wrong({ volunteerId, work: 'stream', error });
          link.broken(error);
        }),
    });
    this.#links.set(link.peerId, gamerLink);
    return gamerLink;
  }

  #handle(event: MeshEvent): void {
    if (event.kind === 'state') {
      // The client reports its last state itself, when everything is closed.
      if (!this.#isClosed) this.#options.onStateChanged();
    } else if (event.kind === 'unlinked') {
      this.#links.delete(event.link.peerId);
      this.#options.onVolunteersChanged();
      // The error of a connection that was lost was reported already; that of one that never opened was not.
      if (event.error && event.error !== this.#lastError) this.#reportError(event.error);
    } else if (event.kind !== 'linked') this.#reportError(event.error);
  }

  #reportError(error: MeshError): void {
    this.#lastError = error;
    this.#options.onError(error);
  }

  /** Tells the server how each volunteer did, for its ranking, and does so again later. */
  #report(): void {
    this.#cancelReports = systemClock.after(STATUS_INTERVAL_MS, () => this.#report());
    for (const link of this.#links.values()) {
      const report = link.takeReport();
      if (report) this.#mesh?.session.reportTasks(report);
    }
  }
}
