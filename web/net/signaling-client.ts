import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { proofBytes } from '../../shared/identity.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import {
  type Accusation,
  type InviteRequest,
  type Joined,
  type JoinRequest,
  joinedSchema,
  type LinkReport,
  type PeerSignal,
  type SignalRequest,
  sessionIdOf,
  type VolunteerReport,
  type VolunteerStatus,
} from '../../shared/signaling.ts';
import { IceRenewal } from './ice-renewal.ts';
import type { Identity } from './identity.ts';
import {
  ask,
  hear,
  openSocket,
  readAnswer,
  type ServerEvent,
  type SignalingSocket,
  unreachable,
} from './signaling-socket.ts';
import { StatusNews } from './status-news.ts';
import { SIGNALING_CLIENT } from './tuning.ts';

export type SignalingState = 'online' | 'reconnecting' | 'closed';

export type SignalingEvent =
  | ServerEvent
  | { kind: 'state'; state: SignalingState }
  /** The session is over, and not by our own doing. */
  | { kind: 'ended'; error: MeshError };

export interface SignalingOptions {
  url: string;
  /** Asked once, when the socket is on its way; whatever it throws fails the connect. */
  join(): Omit<JoinRequest, 'status'>;
  /** Volunteers: asked anew at every join. */
  status?(): VolunteerStatus;
  /** Volunteers: what their history is kept under. */
  identity?: Identity | undefined;
  clock: Clock;
  onEvent(event: SignalingEvent): void;
}

/**
 * Our session at the coordinator. It survives lost sockets and restarts of the server: the session's id is the hash of a key only
 * we know, so whichever server answers next takes us for the same member.
 */
export class SignalingClient {
  readonly #options: SignalingOptions;
  readonly #socket: SignalingSocket;
  #wanted: Omit<JoinRequest, 'status'>;
  /** Called with the outcome of the first join; null from then on. */
  #onFirstJoin: ((refusal: MeshError | null) => void) | null;
  #joined: Joined | null = null;
  #state: SignalingState = 'reconnecting';
  #cancelJoinTimeout: () => void = () => {};
  /** Whom the server, as it is now, has introduced us to; it relays nothing to others. */
  readonly #introduced = new Set<string>();
  /** Signals to those who are not introduced, or not again since the socket was away; oldest first. */
  #outbox: SignalRequest[] = [];
  /** Made while the socket was away; by volunteer. */
  readonly #accusations = new Map<string, Accusation>();
  readonly #renewal: IceRenewal;
  readonly #news: StatusNews;

  /**
   * What the server says may be told before this resolves. Throws MeshError `signaling-unreachable`, or why the server did not
   * let us in.
   */
  static connect(options: SignalingOptions): Promise<SignalingClient> {
    return new Promise((resolve, reject) => {
      const client = new SignalingClient(options, (refusal) => {
        if (refusal) reject(refusal);
        else resolve(client);
      });
    });
  }

  private constructor(options: SignalingOptions, onFirstJoin: (refusal: MeshError | null) => void) {
    this.#options = options;
    this.#onFirstJoin = onFirstJoin;
    this.#news = new StatusNews(() => options.clock.now());
    this.#socket = openSocket(options.url, () => this.#joinRequest());
    hear(this.#socket, (event) => this.#heard(event));
    this.#socket.on('connect', () => this.#awaitAnswer());
    this.#socket.on('joined', (answer) => this.#answered(answer));
    // Only the first attempt is told of: later ones are made again until one succeeds.
    this.#socket.on('connect_error', (cause) => this.#failedFirst(cause));
    this.#socket.on('disconnect', (why) => this.#disconnected(why));
    this.#renewal = new IceRenewal({
      clock: options.clock,
      ask: () => ask(this.#socket, 'ice', null),
      onGrant: (grant) => {
        this.#joined = { ...this.joined, ...grant };
      },
      onRefused: (cause) => this.#refused(cause),
    });
    try {
      this.#wanted = options.join();
    } catch (cause) {
      this.#dispose();
      throw cause;
    }
  }

  /** Throws MeshError `closed` before the first join is done. */
  get joined(): Joined {
    if (!this.#joined) throw MeshError.closed('The session');
    return this.#joined;
  }

  get state(): SignalingState {
    return this.#state;
  }

  /**
   * Relays to one we were introduced to. While the socket is away, and after a restart of the server until both sides are back,
   * signals wait for the next introduction, within bounds.
   */
  signal(to: string, attempt: number, signal: PeerSignal): void {
    if (this.#state === 'closed') return;
    const request = { to, attempt, signal };
    if (this.#introduced.has(to)) this.#sendSignal(request);
    else {
      this.#outbox.push(request);
      if (this.#outbox.length > SIGNALING.maxBufferedSignals) this.#outbox.shift();
    }
  }

  /** Tells the coordinator our load, where that is news. While the socket is away there is no need: the next join says it. */
  tellStatus(status: VolunteerStatus): void {
    if (this.#state !== 'online' || !this.#news.isNews(status)) return;
    this.#news.told(status);
    this.#unawaited(ask(this.#socket, 'status', status));
  }

  tellReport(report: VolunteerReport): void {
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'report', report));
  }

  tellLink(report: LinkReport): void {
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'link', report));
  }

  /** A volunteer gave a wrong result. While the socket is away this waits until the server knows the volunteer again. */
  tellAccusation(accusation: Accusation): void {
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'accuse', accusation));
    else if (this.#state === 'reconnecting' && this.#accusations.size < SIGNALING.maxBufferedSignals) {
      this.#accusations.set(accusation.volunteerId, accusation);
    }
  }

  /** Gamers: may volunteers of the lobby help? While the socket is away the next join says it. */
  setLobby(open: boolean): void {
    this.#wanted = { ...this.#wanted, lobby: open };
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'lobby', { open }));
  }

  /** Returns a signed token. Throws MeshError `signaling-unreachable`, or why the server makes none. */
  async createInvite(request: InviteRequest): Promise<string> {
    if (this.#state !== 'online') throw unreachable(this.#options.url);
    const { token } = await ask(this.#socket, 'invite', request);
    return token;
  }

  /** Revokes an invite; for the room's owner. Throws MeshError `signaling-unreachable`, or the reason for which the server refuses. */
  async takeBackInvite(token: string): Promise<void> {
    if (this.#state !== 'online') throw unreachable(this.#options.url);
    await ask(this.#socket, 'revoke', { token });
  }

  /** The room's owner is rid of a volunteer. Throws MeshError `signaling-unreachable`, or why the server does not do it. */
  async removeVolunteer(volunteerId: string): Promise<void> {
    if (this.#state !== 'online') throw unreachable(this.#options.url);
    await ask(this.#socket, 'remove', { volunteerId });
  }

  /** Leaves the room, so that its members need not wait for us. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const wasOnline = this.#state === 'online';
    this.#setState('closed');
    if (wasOnline) {
      // Heard or not, this session is over for us; a server that missed it notices the lost socket.
      await ask(this.#socket, 'leave', null, SIGNALING_CLIENT.leaveTimeoutMs).catch(() => {});
    }
    this.#dispose();
  }

  /** After the first join one goes back to where that led. */
  #joinRequest(): JoinRequest {
    const status = this.#options.status?.();
    if (status) this.#news.told(status);
    const request = { ...this.#wanted, ...(status && { status }) };
    if (!this.#joined) return request;
    const { room, inviteOnly, pass } = this.#joined;
    return { ...request, room, inviteOnly, ...(pass !== undefined && { invite: pass }) };
  }

  #awaitAnswer(): void {
    this.#cancelJoinTimeout();
    this.#cancelJoinTimeout = this.#options.clock.after(SIGNALING_CLIENT.connectTimeoutMs, () => this.#unanswered());
  }

  #answered(answer: unknown): void {
    this.#cancelJoinTimeout();
    try {
      this.#joined = readAnswer(answer, joinedSchema);
    } catch (cause) {
      const error = MeshError.from(cause, 'malformed');
      // A server that says no doesn't change its mind; one that failed at it, or has too much to do, is asked again.
      if (error.reason === 'signaling-unreachable' || error.reason === 'rate-limited') this.#unanswered(error);
      else this.#end(error);
      return;
    }
    this.#setState('online');
    this.#renewal.granted(this.#joined);
    if (this.#joined.challenge) this.#prove(this.#joined.challenge);
    this.#onFirstJoin?.(null);
    this.#onFirstJoin = null;
    for (const introduction of this.#joined.introductions) this.#heard({ kind: 'introduced', introduction });
  }

  /** Says who we are. The server introduces us to nobody before. */
  #prove(challenge: string): void {
    const { identity, url } = this.#options;
    if (!identity) return;
    const signing = async () => {
      // Not the id that the server says we have: it could be that of its own session elsewhere.
      const sessionId = await sessionIdOf(this.#wanted.sessionKey);
      return identity.sign(proofBytes({ challenge, host: new URL(url).host, sessionId }));
    };
    this.#unawaited(signing().then((signature) => ask(this.#socket, 'prove', { signature })));
  }

  /** Over a new socket, unless it was the first. */
  #unanswered(cause?: unknown): void {
    if (this.#onFirstJoin) this.#failedFirst(cause);
    else this.#socket.io.engine.close();
  }

  #failedFirst(cause: unknown): void {
    if (this.#onFirstJoin) this.#end(cause instanceof MeshError ? cause : unreachable(this.#options.url, cause));
  }

  #disconnected(why: string): void {
    this.#cancelJoinTimeout();
    this.#renewal.stop();
    // Ended by the server on purpose: it will not have this session back.
    if (why === 'io server disconnect')
      this.#end(new MeshError('closed', 'The server ended this session. Reload the page.'));
    else if (this.#onFirstJoin) this.#failedFirst(why);
    else {
      this.#introduced.clear();
      this.#setState('reconnecting');
    }
  }

  #heard(event: ServerEvent): void {
    if (this.#state === 'closed') return;
    if (event.kind === 'introduced') this.#reachable(event.introduction.peerId);
    if (event.kind === 'gone') this.#unreachable(event.peerId);
    this.#options.onEvent(event);
    if (event.kind === 'gone' && event.why === 'removed' && event.peerId === this.#joined?.id)
      this.#end(MeshError.removedFromRoom());
  }

  #reachable(peerId: string): void {
    this.#introduced.add(peerId);
    const waiting = this.#outbox.filter(({ to }) => to === peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
    for (const request of waiting) this.#sendSignal(request);
    const accusation = this.#accusations.get(peerId);
    if (!accusation) return;
    this.#accusations.delete(peerId);
    this.#unawaited(ask(this.#socket, 'accuse', accusation));
  }

  #unreachable(peerId: string): void {
    this.#introduced.delete(peerId);
    this.#accusations.delete(peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
  }

  #sendSignal(request: SignalRequest): void {
    this.#unawaited(ask(this.#socket, 'signal', request));
  }

  #unawaited(answer: Promise<null>): void {
    answer.catch((cause: unknown) => this.#refused(cause));
  }

  #refused(cause: unknown): void {
    const error = MeshError.from(cause, 'signaling-unreachable');
    // A lost socket is told by the state.
    if (error.reason !== 'signaling-unreachable') this.#heard({ kind: 'refused', error });
  }

  #setState(state: SignalingState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    if (!this.#onFirstJoin) this.#options.onEvent({ kind: 'state', state });
  }

  #end(error: MeshError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#onFirstJoin) this.#onFirstJoin(error);
    else {
      // Why before that: who hears of the state wants to say so.
      this.#options.onEvent({ kind: 'ended', error });
      this.#options.onEvent({ kind: 'state', state: 'closed' });
    }
    this.#dispose();
  }

  #dispose(): void {
    this.#cancelJoinTimeout();
    this.#renewal.stop();
    this.#outbox = [];
    this.#accusations.clear();
    this.#socket.off();
    this.#socket.disconnect();
  }
}
