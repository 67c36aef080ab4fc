import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { Server, type ServerOptions } from 'socket.io';
import { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import {
  type Answer,
  type ClientToServerEvents,
  joinSchema,
  PROTOCOL_VERSION,
  type ServerToClientEvents,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { notInvited } from '../access/invites.ts';
import { LockedOut } from '../access/lock-out.ts';
import type { ServerClock } from '../boot/clock.ts';
import type { Config } from '../boot/settings.ts';
import type { Metrics } from '../http/metrics.ts';
import { applySecurityHeaders, mayConnect } from '../http/security-headers.ts';
import { COORDINATOR } from '../tuning.ts';
import { clientAddress, limitKey } from './client-address.ts';
import { LIMITS, type Limits, OverLimit, type Sender } from './limits.ts';
import { parse } from './parse.ts';
import { isEvent, JOIN_FIRST, type RequestHandler } from './request-handler.ts';
import { dropTransport, type SignalingSocket, SocketConnection } from './socket-connection.ts';

/** One socket, and whom it speaks for. */
interface Seat {
  readonly socket: SignalingSocket;
  readonly connection: SocketConnection;
  /** Whom limits count while there is no session. */
  readonly address: string;
  /** The session's id, once it has joined. */
  session: string | null;
  joining: boolean;
  /** Cancels the end of the time to join. */
  cancelDeadline(): void;
}

interface Parts {
  reception: RequestHandler<SocketConnection>;
  /** Of this process; see `SocketInfo`. */
  instance: string;
  /** How socket.io hears of what other instances have for its sockets. */
  adapter?: ServerOptions['adapter'] | undefined;
  config: Pick<Config, 'allowedOrigins' | 'maxSessions' | 'trustedProxies'>;
  limits: Limits;
  metrics: Metrics;
  clock: ServerClock;
  log: Logger;
}

/** The sockets: who may connect, what is well formed, which answer goes where. Decisions are the coordinator's. */
export class Gateway {
  readonly #io: Server<ClientToServerEvents, ServerToClientEvents>;
  readonly #openedAtMs = new WeakMap<object, number>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    http: HttpServer,
    private readonly parts: Parts,
  ) {
    this.#io = new Server(http, {
      serveClient: false,
      // One transport: no sticky sessions behind a balancer, no CORS, one rule for the size of a message.
      transports: ['websocket'],
      ...(parts.adapter && { adapter: parts.adapter }),
      maxHttpBufferSize: SIGNALING.maxMessageBytes,
      // Until its CONNECT packet, which brings the join, a connection is socket.io's; from then on the seat has its own deadline.
      connectTimeout: COORDINATOR.joinTimeoutMs,
      allowRequest: (request, decide) =>
        void this.#refuseConnect(request).then((why) => {
          if (why === null) writeTogether(request.socket);
          decide(why, why === null);
        }),
    });
    this.#io.engine.use(applySecurityHeaders);
    this.#io.engine.on('connection', (conn: SignalingSocket['conn']) => {
      this.#openedAtMs.set(conn, parts.clock.now());
      const closed = parts.limits.socketOpened(this.#addressOf(conn.request));
      conn.on('close', closed);
    });
    this.#io.on('connection', (socket) => this.#accept(socket));
  }

  get socketCount(): number {
    return this.#io.engine.clientsCount;
  }

  /** Resolves when no event is being worked on. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Ends every socket so that its page connects again, to this server's successor. */
  close(): Promise<void> {
    return this.#io.close();
  }

  /** Sends to a socket, whichever instance holds it. */
  tell<E extends keyof ServerToClientEvents>(
    socketId: string,
    event: E,
    ...body: Parameters<ServerToClientEvents[E]>
  ): void {
    this.#io.to(socketId).emit(event, ...body);
  }

  /** Ends a socket, whichever instance holds it; its page is not to come back by itself. */
  end(socketId: string): void {
    this.#io.in(socketId).disconnectSockets(true);
  }

  /** Takes one of this instance's sockets for lost: its page comes back. */
  drop(socketId: string): void {
    const socket = this.#io.sockets.sockets.get(socketId);
    if (socket) dropTransport(socket);
  }

  /** The same with all of them. */
  dropAll(): void {
    for (const socket of [...this.#io.sockets.sockets.values()]) dropTransport(socket);
  }

  #addressOf(request: IncomingMessage): string {
    return limitKey(clientAddress(request, this.parts.config.trustedProxies));
  }

  /** @returns why no socket is opened, as a reason and a sentence; browsers keep both from their pages, other programs see them. */
  async #refuseConnect(request: IncomingMessage): Promise<string | null> {
    const { config, limits, metrics } = this.parts;
    const refuse = (reason: 'origin' | MeshErrorReason, sentence: string) => {
      metrics.refused('connect', reason);
      return `${reason}: ${sentence}`;
    };
    if (!mayConnect(request.headers.origin, request.headers.host, config.allowedOrigins)) {
      return refuse('origin', 'Pages of this origin may not connect. ALLOWED_ORIGINS names those that may.');
    }
    try {
      // Twice as many: each session may be changing its socket.
      if (this.socketCount >= 2 * config.maxSessions) {
        throw new MeshError('room-full', 'This server has as many sockets as it may hold. Try again later.');
      }
      const address = this.#addressOf(request);
      limits.checkSockets(address);
      await limits.spend('connects', { address });
      return null;
    } catch (cause) {
      const { reason, message } = MeshError.from(cause, 'signaling-unreachable');
      return refuse(reason, message);
    }
  }

  #accept(socket: SignalingSocket): void {
    const { clock, log, instance, reception, metrics } = this.parts;
    const nowMs = clock.now();
    const handshakeMs = nowMs - (this.#openedAtMs.get(socket.conn) ?? nowMs);
    const onSlow = () => metrics.refused('socket', 'slow');
    const address = this.#addressOf(socket.conn.request);
    const seat: Seat = {
      socket,
      connection: new SocketConnection(socket, { instance, address, handshakeMs, clock, log, onSlow }),
      address,
      session: null,
      joining: true,
      cancelDeadline: () => {},
    };
    this.#endIfNobody(seat);
    this.#countBytes(seat);
    this.#track(this.#join(seat));
    socket.onAny((event: string, ...args: unknown[]) => this.#track(this.#dispatch(seat, event, args)));
    socket.on('disconnect', () => {
      seat.cancelDeadline();
      reception.lost(seat.connection);
    });
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  #countBytes(seat: Seat): void {
    seat.socket.conn.on('packet', ({ data }: { data?: string | Buffer }) => {
      const sizeBytes = data?.length ?? 0;
      if (sizeBytes === 0) return;
      // Without an answer: it would have to read what it sent to know whom to give one.
      this.parts.limits.spend('bytes', senderOf(seat), sizeBytes).catch((cause: unknown) => {
        this.#refusalOf(cause, 'bytes');
        dropTransport(seat.socket);
      });
    });
  }

  /** A socket that speaks for nobody is ended after a while. */
  #endIfNobody(seat: Seat): void {
    seat.cancelDeadline();
    seat.cancelDeadline = this.parts.clock.after(COORDINATOR.joinTimeoutMs, () => {
      // A join under way may yet be refused.
      if (seat.joining) this.#endIfNobody(seat);
      else if (!seat.session) seat.socket.disconnect(true);
    });
  }

  /** Acts on the join that the socket's handshake brought, and answers it once, whatever it carried; never rejects. */
  async #join(seat: Seat): Promise<void> {
    const { auth } = seat.socket.handshake;
    const { clock, reception, limits, metrics } = this.parts;
    const startedAtMs = this.#openedAtMs.get(seat.socket.conn) ?? clock.now();
    try {
      checkVersion(auth);
      const request = parse(joinSchema, auth);
      await limits.spend('joins', { address: seat.address, session: request.sessionKey });
      const { id, resumed } = await reception.join(seat.connection, request);
      seat.session = id;
      metrics.joined(resumed, clock.now() - startedAtMs);
    } catch (cause) {
      seat.socket.emit('joined', { ok: false, error: this.#refusalOf(cause, 'join').toWire() });
    } finally {
      seat.joining = false;
    }
  }

  /** Answers every event exactly once, whatever it carries; never rejects. */
  async #dispatch(seat: Seat, event: string, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (answer: Answer<unknown>) => last(answer) : () => {};
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    try {
      await this.parts.limits.spend(event === 'signal' ? 'signals' : 'events', senderOf(seat));
      if (!isEvent(event)) throw MeshError.malformed('This server does not know this event.');
      if (!seat.session && !seat.joining) throw notInvited(JOIN_FIRST);
      const value = await this.parts.reception.ask(seat.connection, event, payload);
      if (event === 'leave') {
        seat.session = null;
        this.#endIfNobody(seat);
      }
      acknowledge({ ok: true, value });
    } catch (cause) {
      acknowledge({ ok: false, error: this.#refusalOf(cause, isEvent(event) ? event : 'unknown').toWire() });
      if (cause instanceof OverLimit && cause.times >= LIMITS.dropAtTimes) dropTransport(seat.socket);
    }
  }

  /** A failure of our own says nothing of its inside to the other end. */
  #refusalOf(cause: unknown, event: string): MeshError {
    const refusal = cause instanceof MeshError ? cause : this.#failureOf(cause, event);
    this.parts.metrics.refused(event, refusal instanceof LockedOut ? 'locked-out' : refusal.reason);
    return refusal;
  }

  #failureOf(cause: unknown, event: string): MeshError {
    this.parts.log.error({ err: cause, event }, 'an event failed');
    return new MeshError('signaling-unreachable', 'The server failed at this. Try again; its log says more.', {
      cause,
    });
  }
}

function senderOf({ address, session }: Seat): Sender {
  return { address, session: session ?? undefined };
}

const versionSchema = z.object({ protocolVersion: z.int() });

/** The answer to an upgrade and engine.io's first packet follow each other in this turn of the event loop: one system call for both. */
function writeTogether(socket: Socket): void {
  socket.cork();
  setImmediate(() => socket.uncork());
}

/** Before anything else of a join is read: another version's may look different everywhere else. */
function checkVersion(payload: unknown): void {
  const parsed = versionSchema.safeParse(payload);
  if (!parsed.success || parsed.data.protocolVersion === PROTOCOL_VERSION) return;
  throw new MeshError(
    'protocol-version',
    `The page speaks version ${parsed.data.protocolVersion} of the protocol, this server version ${PROTOCOL_VERSION}. ` +
      'Reload the page; if that does not help, update the older of the two.',
  );
}
