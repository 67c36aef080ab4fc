import type { Clock } from '../../shared/clock.ts';
import { CspViolations } from '../../shared/csp-violations.ts';
import { MeshError } from '../../shared/errors.ts';
import { proofBytes } from '../../shared/identity.ts';
import { logger } from '../../shared/log.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import {
  type ClientEvent,
  type EventPayload,
  type EventReply,
  type IceGrant,
  type Joined,
  type JoinRequest,
  joinedSchema,
  sessionIdOf,
  type VolunteerStatus,
} from '../../shared/signaling.ts';
import { IceRenewal } from './ice-servers.ts';
import type { Identity } from './identity.ts';
import {
  isPolling,
  openSocket,
  readAnswer,
  request,
  type ServerEvent,
  type SignalingSocket,
  SOCKET,
  stoppedByPolicy,
  subscribe,
  unreachable,
} from './signaling-socket.ts';

const log = logger('net.signaling');

export type SignalingState = 'online' | 'reconnecting' | 'closed';

export type SignalingEvent =
  | ServerEvent
  | { kind: 'state'; state: SignalingState }
  /** The server ended the session, or did not let us back in. */
  | { kind: 'ended'; error: MeshError };

export interface SessionOptions {
  url: string;
  /** Called once, while the socket connects; an error it throws fails the session. */
  join(): Omit<JoinRequest, 'status'>;
  /** Goes with the first join, which waits for it; null: there is none. */
  offer?: Promise<string | null> | undefined;
  /** Called for every join; a volunteer's status, undefined for a gamer. */
  status(): VolunteerStatus | undefined;
  /** Volunteers: the key pair under which the server keeps their history. */
  identity?: Identity | undefined;
  clock: Clock;
  /** Whether the present server has introduced us to anybody. */
  hasPeers(): boolean;
  onEvent(event: SignalingEvent): void;
  /** The socket was lost: the server that answers next has introduced us to nobody. */
  onDisconnected(): void;
}

/**
 * A session at the coordinator, and the socket that carries it. It survives lost sockets and server restarts: the id of the session is
 * the hash of a key that only we know, so whichever server answers next recognises the same member.
 */
export class SignalingSession {
  /** Settles with the answer to the first join. Rejects with MeshError `signaling-unreachable`, or the server's refusal. */
  readonly firstJoin: Promise<void>;
  readonly #options: SessionOptions;
  readonly #socket: SignalingSocket;
  readonly #renewal: IceRenewal;
  /** Until the first join is answered. */
  readonly #policy = new CspViolations();
  #wanted: Omit<JoinRequest, 'status'>;
  /** Settles {@link firstJoin}; null from then on. */
  #onFirstJoin: ((refusal: MeshError | null) => void) | null = null;
  #joined: Joined | null = null;
  #state: SignalingState = 'reconnecting';
  #isSuspended = false;
  #cancelJoinTimeout: () => void = () => {};
  /** While a socket that may be dead is asked. */
  #cancelProbe: () => void = () => {};

  /** Throws what `join` throws. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#socket = openSocket(options.url, () => this.#nextJoin());
    subscribe(this.#socket, (event) => this.#handle(event));
    this.#socket.on('connect', () => this.#awaitAnswer());
    this.#socket.on('joined', (answer) => this.#answered(answer));
    // Only the first attempt is reported: socket.io repeats later ones until one succeeds.
    this.#socket.on('connect_error', (cause) => void this.#failedFirst(cause));
    this.#socket.on('disconnect', (why) => this.#disconnected(why));
    this.#renewal = new IceRenewal({
      clock: options.clock,
      isNeeded: () => options.hasPeers(),
      ask: () => request(this.#socket, 'ice', null),
      onGrant: (grant) => this.#granted(grant),
      onRefused: (cause) => this.#refused(cause),
    });
    try {
      this.#wanted = options.join();
    } catch (cause) {
      this.#dispose();
      throw cause;
    }
    this.firstJoin = new Promise((resolve, reject) => {
      this.#onFirstJoin = (refusal) => (refusal ? reject(refusal) : resolve());
    });
  }

  /** Throws MeshError `closed` before the first join has been answered. */
  get joined(): Joined {
    if (!this.#joined) throw MeshError.closed('The session');
    return this.#joined;
  }

  get state(): SignalingState {
    return this.#state;
  }

  /** Whether this network lets no WebSocket through: everything that passes the server takes longer. */
  get isPolling(): boolean {
    return isPolling(this.#socket);
  }

  /** Changes what the next join asks for. */
  changeNextJoin(changes: Partial<Omit<JoinRequest, 'status'>>): void {
    this.#wanted = { ...this.#wanted, ...changes };
  }

  /** Returns the server's answer. Throws MeshError `signaling-unreachable` while offline, or the server's refusal. */
  async request<Event extends ClientEvent>(event: Event, payload: EventPayload<Event>): Promise<EventReply<Event>> {
    if (this.#state !== 'online') throw unreachable(this.#options.url);
    return request(this.#socket, event, payload);
  }

  /** Sends; a refusal becomes a `refused` event. Resolves with the answer, also a refusal; few need to wait for it. */
  notify<Event extends ClientEvent>(event: Event, payload: EventPayload<Event>): Promise<void> {
    return this.#reportRefusal(request(this.#socket, event, payload));
  }

  /** Tries the server at once, instead of after the present delay; a socket that still counts as open must answer, or is replaced. */
  reconnectNow(): void {
    if (this.#state === 'online' && this.#socket.connected) void this.#probe();
    if (this.#state !== 'reconnecting' || this.#onFirstJoin || this.#isSuspended || this.#socket.connected) return;
    // An attempt under way goes out through a network that is gone, perhaps.
    this.#socket.disconnect().connect();
  }

  /** A socket that died while the machine slept says nothing of it until the server's next ping is overdue, half a minute later. */
  async #probe(): Promise<void> {
    this.#cancelProbe();
    this.#cancelProbe = this.#options.clock.after(SOCKET.probeTimeoutMs, () => this.#socket.disconnect().connect());
    const cancel = this.#cancelProbe;
    try {
      this.#granted(await request(this.#socket, 'ice', null));
    } catch {
      // A refusal is an answer too; without any the socket was replaced before this.
    }
    cancel();
  }

  /** Closes the socket until {@link resume}. The server keeps the session for a while, as when a socket is lost. */
  suspend(): void {
    if (this.#state === 'closed') return;
    this.#isSuspended = true;
    this.#socket.disconnect();
  }

  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    if (this.#state !== 'closed') this.#socket.connect();
  }

  /** Leaves the room, so that its members need not wait for us. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const wasOnline = this.#state === 'online';
    this.#setState('closed');
    if (wasOnline) {
      // The session is over either way: a server that missed this notices the lost socket.
      await request(this.#socket, 'leave', null, SOCKET.leaveTimeoutMs).catch(() => {});
    }
    this.#dispose();
  }

  async #nextJoin(): Promise<JoinRequest> {
    const offer = this.#joined ? null : await this.#options.offer;
    const request = this.#joinRequest();
    return offer ? { ...request, offer } : request;
  }

  /** The first join asks for what is wanted; later ones return to the room the first one led to. */
  #joinRequest(): JoinRequest {
    const status = this.#options.status();
    const request = { ...this.#wanted, ...(status && { status }) };
    if (!this.#joined) return request;
    const { room, inviteOnly, pass } = this.#joined;
    return { ...request, room, inviteOnly, ...(pass !== undefined && { invite: pass }) };
  }

  #awaitAnswer(): void {
    this.#cancelJoinTimeout();
    this.#cancelJoinTimeout = this.#options.clock.after(SOCKET.connectTimeoutMs, () => this.#unanswered());
  }

  #answered(answer: unknown): void {
    this.#cancelJoinTimeout();
    try {
      this.#joined = readAnswer(answer, joinedSchema);
    } catch (cause) {
      const error = MeshError.from(cause, 'malformed');
      // A refusal is final; a server that failed or is overloaded is asked again.
      if (error.reason === 'signaling-unreachable' || error.reason === 'rate-limited') this.#unanswered(error);
      else this.#end(error);
      return;
    }
    this.#setState('online');
    this.#socket.io.timeout(SOCKET.reconnectTimeoutMs);
    this.#renewal.granted(this.#joined);
    if (this.#joined.challenge) this.#prove(this.#joined.challenge);
    this.#onFirstJoin?.(null);
    this.#onFirstJoin = null;
    this.#policy.dispose();
    for (const introduction of this.#joined.introductions) this.#handle({ kind: 'introduced', introduction });
  }

  /** Proves our identity. The server introduces us to nobody before that. */
  #prove(challenge: string): void {
    const { identity, url } = this.#options;
    if (!identity) return;
    const signing = async () => {
      // Not the id in the server's answer: that could be the id of the server's own session elsewhere.
      const sessionId = await sessionIdOf(this.#wanted.sessionKey);
      return identity.sign(proofBytes({ challenge, host: new URL(url).host, sessionId }));
    };
    void this.#reportRefusal(signing().then((signature) => request(this.#socket, 'prove', { signature })));
  }

  /** Fails the first join; later ones are repeated over a new socket. */
  #unanswered(cause?: unknown): void {
    if (this.#onFirstJoin) void this.#failedFirst(cause);
    else this.#socket.io.engine.close();
  }

  async #failedFirst(cause: unknown): Promise<void> {
    const { url } = this.#options;
    const host = parseUrl(url)?.host;
    const isStopped = host !== undefined && (await this.#policy.wasBlocked(host));
    if (!this.#onFirstJoin) return;
    if (isStopped) this.#end(stoppedByPolicy(url));
    else this.#end(cause instanceof MeshError ? cause : unreachable(url, cause));
  }

  #disconnected(why: string): void {
    log.warn('disconnected', { why });
    this.#cancelJoinTimeout();
    this.#cancelProbe();
    this.#renewal.stop();
    // The server disconnected us on purpose and will not take this session back.
    if (why === 'io server disconnect')
      this.#end(new MeshError('closed', 'The server ended this session. Reload the page.'));
    else if (this.#onFirstJoin) {
      if (!this.#isSuspended) void this.#failedFirst(why);
    } else {
      this.#options.onDisconnected();
      this.#setState('reconnecting');
    }
  }

  #handle(event: ServerEvent): void {
    if (this.#state === 'closed') return;
    // Before the connection that is made for this peer.
    if (event.kind === 'introduced' && event.introduction.ice) {
      this.#granted(event.introduction.ice);
      this.#renewal.granted(event.introduction.ice);
    }
    this.#options.onEvent(event);
    if (event.kind === 'gone' && event.why === 'removed' && event.peerId === this.#joined?.id)
      this.#end(MeshError.removedFromRoom());
  }

  #granted(grant: IceGrant): void {
    if (this.#joined) this.#joined = { ...this.#joined, ...grant };
  }

  async #reportRefusal(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (cause) {
      this.#refused(cause);
    }
  }

  #refused(cause: unknown): void {
    const error = MeshError.from(cause, 'signaling-unreachable');
    // A lost socket is reported by the state instead.
    if (error.reason === 'signaling-unreachable') return;
    log.warn('refused', { reason: error.reason });
    this.#handle({ kind: 'refused', error });
  }

  #setState(state: SignalingState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    log.info('state', { state });
    if (!this.#onFirstJoin) this.#options.onEvent({ kind: 'state', state });
  }

  #end(error: MeshError): void {
    if (this.#state === 'closed') return;
    log.warn('ended', { reason: error.reason });
    this.#state = 'closed';
    if (this.#onFirstJoin) this.#onFirstJoin(error);
    else {
      // The reason goes first: listeners to the state want to show it.
      this.#options.onEvent({ kind: 'ended', error });
      this.#options.onEvent({ kind: 'state', state: 'closed' });
    }
    this.#dispose();
  }

  #dispose(): void {
    this.#cancelJoinTimeout();
    this.#cancelProbe();
    this.#renewal.stop();
    this.#policy.dispose();
    this.#socket.off();
    this.#socket.disconnect();
  }
}
