import { MeshError } from '../../shared/errors.ts';
import {
  type InviteRequest,
  type Joined,
  type JoinRequest,
  joinedSchema,
  type PeerSignal,
  type SignalRequest,
  type VolunteerReport,
  type VolunteerStatus,
} from '../../shared/signaling.ts';
import { SIGNALING } from '../../shared/tuning.ts';
import { z } from '../../shared/zod.ts';
import { ask, hear, openSocket, type ServerEvent, type SignalingSocket, unreachable } from './signaling-socket.ts';

export type SignalingState = 'online' | 'reconnecting' | 'closed';

export type SignalingEvent =
  | ServerEvent
  | { kind: 'state'; state: SignalingState }
  /** The session is over, and not by our own doing. */
  | { kind: 'ended'; error: MeshError };

export interface SignalingOptions {
  url: string;
  join: Omit<JoinRequest, 'status'>;
  /** Volunteers: asked anew at every join. */
  status?(): VolunteerStatus;
  onEvent(event: SignalingEvent): void;
}

const nothing = z.null();

/**
 * Our session at the coordinator. It survives lost sockets and restarts of the server: the session's id is the hash of a key only
 * we know, so whichever server answers next takes us for the same member.
 */
export class SignalingClient {
  readonly #options: SignalingOptions;
  readonly #socket: SignalingSocket;
  #joined: Joined;
  #state: SignalingState = 'online';
  /** Whom the server, as it is now, has introduced us to; it relays nothing to others. */
  readonly #introduced = new Set<string>();
  /** Signals to those who are not introduced, or not again since the socket was away; oldest first. */
  #outbox: SignalRequest[] = [];

  /** Throws MeshError `signaling-unreachable`, or why the server did not let us in. */
  static async connect(options: SignalingOptions): Promise<SignalingClient> {
    const socket = await openSocket(options.url);
    // The introductions of a join may overtake its awaited answer, so they are heard from before it.
    const early: ServerEvent[] = [];
    const stopHearing = hear(socket, (event) => early.push(event));
    try {
      const client = new SignalingClient(socket, options, await join(socket, options));
      for (const event of early) client.#heard(event);
      return client;
    } catch (cause) {
      socket.disconnect();
      throw cause;
    } finally {
      stopHearing();
    }
  }

  private constructor(socket: SignalingSocket, options: SignalingOptions, joined: Joined) {
    this.#socket = socket;
    this.#options = options;
    this.#joined = joined;
    hear(socket, (event) => this.#heard(event));
    socket.on('connect', () => void this.#rejoin());
    socket.on('disconnect', (why) => {
      // Ended by the server on purpose: it will not have this session back.
      if (why === 'io server disconnect')
        this.#end(new MeshError('closed', 'The server ended this session. Reload the page.'));
      else {
        this.#introduced.clear();
        this.#setState('reconnecting');
      }
    });
  }

  get joined(): Joined {
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

  /** Tells the coordinator our load. While the socket is away there is no need: the next join says it. */
  tellStatus(status: VolunteerStatus): void {
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'status', status, nothing));
  }

  tellReport(report: VolunteerReport): void {
    if (this.#state === 'online') this.#unawaited(ask(this.#socket, 'report', report, nothing));
  }

  /** Returns a signed token. Throws MeshError `signaling-unreachable`, or why the server makes none. */
  async createInvite(request: InviteRequest): Promise<string> {
    if (this.#state !== 'online') throw unreachable(this.#options.url);
    const { token } = await ask(this.#socket, 'invite', request, z.object({ token: z.string() }));
    return token;
  }

  /** Leaves the room, so that its members need not wait for us. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const wasOnline = this.#state === 'online';
    this.#setState('closed');
    if (wasOnline) {
      // Heard or not, this session is over for us; a server that missed it notices the lost socket.
      await ask(this.#socket, 'leave', null, nothing, SIGNALING.leaveTimeoutMs).catch(() => {});
    }
    this.#dispose();
  }

  async #rejoin(): Promise<void> {
    const { room, inviteOnly, pass } = this.#joined;
    const request = { ...this.#options.join, room, inviteOnly, ...(inviteOnly && { invite: pass }) };
    try {
      this.#joined = await join(this.#socket, { ...this.#options, join: request });
      this.#setState('online');
    } catch (cause) {
      const error = MeshError.from(cause, 'signaling-unreachable');
      // A server that answers no doesn't change its mind; one that doesn't answer is tried again over a new socket.
      if (error.reason !== 'signaling-unreachable') this.#end(error);
      else if (this.#socket.connected) this.#socket.io.engine.close();
    }
  }

  #heard(event: ServerEvent): void {
    if (this.#state === 'closed') return;
    if (event.kind === 'introduced') this.#reachable(event.introduction.peerId);
    if (event.kind === 'gone') this.#unreachable(event.peerId);
    this.#options.onEvent(event);
  }

  #reachable(peerId: string): void {
    this.#introduced.add(peerId);
    const waiting = this.#outbox.filter(({ to }) => to === peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
    for (const request of waiting) this.#sendSignal(request);
  }

  #unreachable(peerId: string): void {
    this.#introduced.delete(peerId);
    this.#outbox = this.#outbox.filter(({ to }) => to !== peerId);
  }

  #sendSignal(request: SignalRequest): void {
    this.#unawaited(ask(this.#socket, 'signal', request, nothing));
  }

  #unawaited(answer: Promise<null>): void {
    answer.catch((cause: unknown) => {
      const error = MeshError.from(cause, 'signaling-unreachable');
      // A lost socket is told by the state.
      if (error.reason !== 'signaling-unreachable') this.#heard({ kind: 'refused', error });
    });
  }

  #setState(state: SignalingState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#options.onEvent({ kind: 'state', state });
  }

  #end(error: MeshError): void {
    if (this.#state === 'closed') return;
    this.#setState('closed');
    this.#options.onEvent({ kind: 'ended', error });
    this.#dispose();
  }

  #dispose(): void {
    this.#outbox = [];
    this.#socket.off();
    this.#socket.disconnect();
  }
}

function join(socket: SignalingSocket, { join: request, status }: SignalingOptions): Promise<Joined> {
  return ask(socket, 'join', { ...request, ...(status && { status: status() }) }, joinedSchema);
}
