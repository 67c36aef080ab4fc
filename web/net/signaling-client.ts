import type { Clock } from '../../shared/clock.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type {
  Accusation,
  InviteRequest,
  Joined,
  JoinRequest,
  LinkReport,
  PeerSignal,
  RoomGamer,
  SignalRequest,
  VolunteerReport,
  VolunteerStatus,
} from '../../shared/signaling.ts';
import type { Identity } from './identity.ts';
import { type SignalingEvent, SignalingSession, type SignalingState } from './signaling-session.ts';
import { StatusReporter } from './status-reporter.ts';

export interface SignalingOptions {
  url: string;
  /** Called once, while the socket connects; an error it throws fails the connect. */
  join(): Omit<JoinRequest, 'status'>;
  /** The description that goes with the first join, which waits for it. */
  offer?: Promise<string | null> | undefined;
  /** Volunteers: called for every join. */
  status?(): VolunteerStatus;
  /** Volunteers: the key pair under which the server keeps their history. */
  identity?: Identity | undefined;
  clock: Clock;
  onEvent(event: SignalingEvent): void;
}

/**
 * What a member asks of the coordinator and tells it. Messages about a peer wait, within bounds, until the server has introduced
 * that peer: it relays nothing to others, and a restarted server introduces everyone again.
 */
export class SignalingClient {
  readonly #options: SignalingOptions;
  readonly #session: SignalingSession;
  readonly #statusReporter: StatusReporter;
  /** Ids of the peers that the present server has introduced. */
  readonly #introduced = new Set<string>();
  /** Signals for peers that are not introduced, or not again since the socket was lost; oldest first. */
  #outbox: SignalRequest[] = [];
  /** Accusations made while the socket was away, by volunteer. */
  readonly #accusations = new Map<string, Accusation>();

  /**
   * Events may be emitted before this resolves. Throws MeshError `signaling-unreachable`, or the reason for which the server did not
   * let us in.
   */
  static async connect(options: SignalingOptions): Promise<SignalingClient> {
    const client = new SignalingClient(options);
    await client.#session.firstJoin;
    return client;
  }

  private constructor(options: SignalingOptions) {
    const { url, join, offer, identity, clock } = options;
    this.#options = options;
    this.#statusReporter = new StatusReporter(() => clock.now());
    this.#session = new SignalingSession({
      ...{ url, join, offer, identity, clock },
      status: () => this.#statusForJoin(),
      hasPeers: () => this.#introduced.size > 0,
      onEvent: (event) => this.#handle(event),
      onDisconnected: () => this.#introduced.clear(),
    });
  }

  /** Throws MeshError `closed` before the first join has been answered. */
  get joined(): Joined {
    return this.#session.joined;
  }

  get state(): SignalingState {
    return this.#session.state;
  }

  /** See {@link SignalingSession.isPolling}. */
  get isPolling(): boolean {
    return this.#session.isPolling;
  }

  /** Whether the present server has introduced this peer: it relays signals to it. */
  isIntroduced(peerId: string): boolean {
    return this.#introduced.has(peerId);
  }

  /**
   * Relays a signal to a peer. While the socket is away, and after a server restart until both sides are back, signals wait for the
   * next introduction; beyond {@link SIGNALING.maxBufferedSignals} the oldest one is dropped.
   */
  signal(to: string, attempt: number, signal: PeerSignal): void {
    if (this.state === 'closed') return;
    const request = { to, attempt, signal };
    if (this.#introduced.has(to)) this.#session.notify('signal', request);
    else {
      this.#outbox.push(request);
      if (this.#outbox.length > SIGNALING.maxBufferedSignals) this.#outbox.shift();
    }
  }

  /** Reports our load if it has changed enough. Does nothing while the socket is away: the next join carries it. */
  reportStatus(status: VolunteerStatus): void {
    if (this.state !== 'online' || !this.#statusReporter.isDue(status)) return;
    this.#statusReporter.reported(status);
    this.#session.notify('status', status);
  }

  reportTasks(report: VolunteerReport): void {
    if (this.state === 'online') this.#session.notify('report', report);
  }

  reportConnection(report: LinkReport): void {
    if (this.state === 'online') this.#session.notify('link', report);
  }

  /** Reports a wrong result of a volunteer. While the socket is away, this waits until the server introduces the volunteer again. */
  accuse(accusation: Accusation): void {
    if (this.state === 'online') this.#session.notify('accuse', accusation);
    else if (this.state === 'reconnecting' && this.#accusations.size < SIGNALING.maxBufferedSignals) {
      this.#accusations.set(accusation.volunteerId, accusation);
    }
  }

  /**
   * Gamers: whether volunteers of the lobby may help. While the socket is away, the next join carries it. Resolves when the server knows,
   * also when it refused: once it knows of `false`, it introduces nobody of the lobby any more.
   */
  async setLobby(open: boolean): Promise<void> {
    this.#session.changeNextJoin({ lobby: open });
    if (this.state === 'online') await this.#session.notify('lobby', { open });
  }

  /** Returns a signed token. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  async createInvite(request: InviteRequest): Promise<string> {
    const { token } = await this.#session.request('invite', request);
    return token;
  }

  /** Has the server keep a short code for an invite. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  async createInviteCode(token: string): Promise<string> {
    const { code } = await this.#session.request('inviteCode', { token });
    return code;
  }

  /** Revokes an invite; only the room's owner may. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  async revokeInvite(token: string): Promise<void> {
    await this.#session.request('revoke', { token });
  }

  /** Removes a volunteer from the room; only its owner may. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  async removeVolunteer(volunteerId: string): Promise<void> {
    await this.#session.request('remove', { volunteerId });
  }

  /** The other gamers of the room; only its owner may ask. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  gamers(): Promise<RoomGamer[]> {
    return this.#session.request('gamers', null);
  }

  /** Removes a gamer from the room; only its owner may. Throws MeshError `signaling-unreachable`, or the server's refusal. */
  async removeGamer(gamerId: string): Promise<void> {
    await this.#session.request('removeGamer', { gamerId });
  }

  /** See {@link SignalingSession.reconnectNow}. */
  reconnectNow(): void {
    this.#session.reconnectNow();
  }

  /** See {@link SignalingSession.suspend}. */
  suspend(): void {
    this.#session.suspend();
  }

  resume(): void {
    this.#session.resume();
  }

  /** Leaves the room, so that its members need not wait for us. */
  async close(): Promise<void> {
    this.#forgetAll();
    await this.#session.close();
  }

  #statusForJoin(): VolunteerStatus | undefined {
    const status = this.#options.status?.();
    if (status) this.#statusReporter.reported(status);
    return status;
  }

  #handle(event: SignalingEvent): void {
    if (event.kind === 'introduced') this.#sendWaiting(event.introduction.peerId);
    else if (event.kind === 'gone') this.#forget(event.peerId);
    else if (event.kind === 'ended') this.#forgetAll();
    this.#options.onEvent(event);
  }

  #sendWaiting(peerId: string): void {
    this.#introduced.add(peerId);
    const waiting = this.#outbox.filter(({ to }) => to === peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
    for (const request of waiting) this.#session.notify('signal', request);
    const accusation = this.#accusations.get(peerId);
    if (!accusation) return;
    this.#accusations.delete(peerId);
    this.#session.notify('accuse', accusation);
  }

  #forget(peerId: string): void {
    this.#introduced.delete(peerId);
    this.#accusations.delete(peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
  }

  #forgetAll(): void {
    this.#outbox = [];
    this.#accusations.clear();
  }
}
