import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { MeshError, type MeshErrorReason } from '../shared/errors.ts';
import {
  type Answer,
  accusationSchema,
  type ClientToServerEvents,
  inviteSchema,
  joinSchema,
  linkReportSchema,
  lobbySchema,
  PROTOCOL_VERSION,
  proofSchema,
  removalSchema,
  reportSchema,
  type ServerToClientEvents,
  signalSchema,
  takeBackSchema,
  volunteerStatusSchema,
} from '../shared/signaling.ts';
import { COORDINATOR, LIMITS, SIGNALING } from '../shared/tuning.ts';
import { z } from '../shared/zod.ts';
import { clientAddress, limitKey } from './client-address.ts';
import type { ServerClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Coordinator } from './coordinator.ts';
import { notInvited } from './invites.ts';
import { type Limits, OverLimit, type Sender } from './limits.ts';
import { LockedOut } from './lock-out.ts';
import type { Member } from './member.ts';
import type { Metrics } from './metrics.ts';
import { mayConnect } from './origins.ts';
import { applySecurityHeaders } from './security-headers.ts';
import { dropTransport, type SignalingSocket, SocketConnection } from './socket-connection.ts';

type EventName = keyof ClientToServerEvents;
/** What a client gets for an event that went well. */
type Value<E extends EventName> =
  Parameters<ClientToServerEvents[E]> extends [...unknown[], (answer: Answer<infer T>) => void] ? T : never;
type Handlers = {
  [E in EventName]: (seat: Seat, payload: unknown, answer: (value: Value<E>) => void) => void | Promise<void>;
};

/** One socket and the member it speaks for, once it has joined. */
interface Seat {
  readonly socket: SignalingSocket;
  readonly connection: SocketConnection;
  /** Whom limits count while there is no member. */
  readonly address: string;
  member: Member | null;
  joining: boolean;
  /** Cancels the end of the time to join. */
  cancelDeadline(): void;
}

interface Parts {
  coordinator: Coordinator;
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
      maxHttpBufferSize: SIGNALING.maxMessageBytes,
      // Until its CONNECT packet, which brings the join, a connection is socket.io's; from then on the seat has its own deadline.
      connectTimeout: COORDINATOR.joinTimeoutMs,
      allowRequest: (request, decide) => void this.#refuseConnect(request).then((why) => decide(why, why === null)),
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
    const { clock, log, coordinator, metrics } = this.parts;
    const nowMs = clock.now();
    const handshakeMs = nowMs - (this.#openedAtMs.get(socket.conn) ?? nowMs);
    const onSlow = () => metrics.refused('socket', 'slow');
    const address = this.#addressOf(socket.conn.request);
    const seat: Seat = {
      socket,
      connection: new SocketConnection(socket, address, handshakeMs, clock, log, onSlow),
      address,
      member: null,
      joining: true,
      cancelDeadline: () => {},
    };
    this.#endIfNobody(seat);
    this.#countBytes(seat);
    this.#track(this.#join(seat));
    socket.onAny((event: string, ...args: unknown[]) => this.#track(this.#dispatch(seat, event, args)));
    socket.on('disconnect', () => {
      seat.cancelDeadline();
      if (seat.member) coordinator.lost(seat.member, seat.connection);
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
      else if (!seat.member) seat.socket.disconnect(true);
    });
  }

  /** Acts on the join that the socket's handshake brought, and answers it once, whatever it carried; never rejects. */
  async #join(seat: Seat): Promise<void> {
    const { auth } = seat.socket.handshake;
    const { clock, coordinator, limits, metrics } = this.parts;
    const startedAtMs = this.#openedAtMs.get(seat.socket.conn) ?? clock.now();
    try {
      checkVersion(auth);
      const request = parse(joinSchema, auth);
      await limits.spend('joins', { address: seat.address, session: request.sessionKey });
      const arrival = await coordinator.join(request, seat.connection);
      seat.member = arrival.member;
      metrics.joined(arrival.joined.resumed, clock.now() - startedAtMs);
      // A join that outlasts its socket has made a session all the same: it waits for the page's next socket.
      if (seat.socket.connected) coordinator.welcome(arrival);
      else coordinator.lost(arrival.member, seat.connection);
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
      if (!this.#isEvent(event)) throw MeshError.malformed('This server does not know this event.');
      await this.#handlers[event](seat, payload, (value: unknown) => acknowledge({ ok: true, value }));
    } catch (cause) {
      acknowledge({ ok: false, error: this.#refusalOf(cause, this.#isEvent(event) ? event : 'unknown').toWire() });
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

  #isEvent(name: string): name is EventName {
    return Object.hasOwn(this.#handlers, name);
  }

  readonly #handlers: Handlers = {
    signal: (seat, payload, answer) => {
      this.parts.coordinator.signal(memberOf(seat), parse(signalSchema, payload));
      this.parts.metrics.signalled();
      answer(null);
    },
    status: (seat, payload, answer) => {
      this.parts.coordinator.setStatus(memberOf(seat), parse(volunteerStatusSchema, payload));
      answer(null);
    },
    report: async (seat, payload, answer) => {
      await this.parts.coordinator.report(memberOf(seat), parse(reportSchema, payload));
      answer(null);
    },
    link: (seat, payload, answer) => {
      if (memberOf(seat).role !== 'gamer') throw MeshError.malformed('Only a gamer reports on links.');
      this.parts.metrics.linked(parse(linkReportSchema, payload).outcome);
      answer(null);
    },
    accuse: async (seat, payload, answer) => {
      await this.parts.coordinator.accuse(memberOf(seat), parse(accusationSchema, payload));
      answer(null);
    },
    prove: async (seat, payload, answer) => {
      await this.parts.coordinator.prove(memberOf(seat), parse(proofSchema, payload));
      answer(null);
    },
    lobby: (seat, payload, answer) => {
      this.parts.coordinator.setLobby(memberOf(seat), parse(lobbySchema, payload));
      answer(null);
    },
    invite: async (seat, payload, answer) => {
      answer(await this.parts.coordinator.invite(memberOf(seat), parse(inviteSchema, payload)));
    },
    takeback: async (seat, payload, answer) => {
      await this.parts.coordinator.owner.takeBack(memberOf(seat), parse(takeBackSchema, payload));
      answer(null);
    },
    remove: async (seat, payload, answer) => {
      await this.parts.coordinator.owner.remove(memberOf(seat), parse(removalSchema, payload));
      answer(null);
    },
    ice: (seat, _payload, answer) => {
      answer(this.parts.coordinator.iceFor(memberOf(seat)));
    },
    leave: (seat, _payload, answer) => {
      this.parts.coordinator.leave(memberOf(seat));
      seat.member = null;
      this.#endIfNobody(seat);
      answer(null);
    },
  };
}

function senderOf({ address, member }: Seat): Sender {
  return { address, session: member?.id };
}

function memberOf({ member }: Seat): Member {
  if (!member) throw notInvited('Join a room first.');
  return member;
}

/** Before anything else of a join is read: another version's may look different everywhere else. */
function checkVersion(payload: unknown): void {
  const parsed = z.object({ protocolVersion: z.int() }).safeParse(payload);
  if (!parsed.success || parsed.data.protocolVersion === PROTOCOL_VERSION) return;
  throw new MeshError(
    'protocol-version',
    `The page speaks version ${parsed.data.protocolVersion} of the protocol, this server version ${PROTOCOL_VERSION}. ` +
      'Reload the page; if that does not help, update the older of the two.',
  );
}

function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = tryParse(schema, payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'message';
  throw MeshError.malformed(`The server cannot read what the page sent (${where}: ${issue?.code}).`);
}

/** zod compares the `length` of what it has refused already, and throws where that is an object without a value. */
function tryParse<T>(schema: z.ZodType<T>, payload: unknown) {
  try {
    return schema.safeParse(payload);
  } catch (cause) {
    throw new MeshError('malformed', 'The server cannot read what the page sent: a length is no number.', { cause });
  }
}
