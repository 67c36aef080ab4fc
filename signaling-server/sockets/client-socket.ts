import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import { type Answer, isClientEvent, joinSchema, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { sessionIdSync } from '../access/identity.ts';
import { notInvited } from '../access/invites.ts';
import { LockedOut } from '../access/lock-out.ts';
import type { ServerClock } from '../clock.ts';
import type { Metrics } from '../http/metrics.ts';
import { LIMITS, type Limits, OverLimit, type Sender } from './limits.ts';
import { JOIN_FIRST, parse, type RequestHandler } from './request-handler.ts';
import { dropTransport, type SignalingSocket, SocketConnection } from './socket-connection.ts';

/** A socket that has not joined after this time is not one of our pages. */
export const JOIN_TIMEOUT_MS = 10_000;

export interface ClientSocketParts {
  requestHandler: RequestHandler<SocketConnection>;
  /** The id of this process, see `SocketInfo`. */
  instance: string;
  limits: Limits;
  metrics: Metrics;
  clock: ServerClock;
  log: Logger;
}

/** One client's socket: applies limits and deadlines to it, passes its requests on, and answers each exactly once. */
export class ClientSocket {
  readonly #connection: SocketConnection;
  /** The id of the session, once it has joined. */
  #session: string | null = null;
  #isJoining = true;
  #cancelDeadline: () => void = () => {};

  constructor(
    private readonly socket: SignalingSocket,
    private readonly networks: Sender['networks'],
    /** When the connection was opened, ms on the server's clock. */
    private readonly openedAtMs: number,
    private readonly parts: ClientSocketParts,
  ) {
    const { instance, clock, log, metrics } = parts;
    const handshakeMs = clock.now() - openedAtMs;
    const onSlow = () => metrics.refused('socket', 'slow');
    this.#connection = new SocketConnection(socket, {
      ...{ instance, networks: networks.map(({ key }) => key), handshakeMs, clock, log, onSlow },
    });
    this.#startDeadline();
    this.#countBytes();
  }

  /** To be called when the socket is gone. */
  disconnected(): void {
    this.#cancelDeadline();
    this.parts.requestHandler.disconnected(this.#connection);
  }

  /** Handles the join that the socket's handshake carried, and answers it. Never rejects. */
  async join(): Promise<void> {
    const { auth } = this.socket.handshake;
    const { clock, requestHandler, limits, metrics } = this.parts;
    try {
      checkVersion(auth);
      const request = parse(joinSchema, auth);
      // Not the key, which is a secret: limits may be counted in Redis.
      await limits.spend('joins', { networks: this.networks, session: sessionIdSync(request.sessionKey) });
      const { id, resumed } = await requestHandler.join(this.#connection, request);
      this.#session = id;
      metrics.joined(resumed, clock.now() - this.openedAtMs);
    } catch (cause) {
      this.socket.emit('joined', { ok: false, error: this.#refusalOf(cause, 'join').toWire() });
    } finally {
      this.#isJoining = false;
    }
  }

  /** Handles an event with any name and arguments, and answers it. Never rejects. */
  async handle(event: string, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (answer: Answer<unknown>) => last(answer) : () => {};
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    try {
      await this.parts.limits.spend(event === 'signal' ? 'signals' : 'events', this.#sender);
      if (!isClientEvent(event)) throw MeshError.malformed('This server does not know this event.');
      if (!this.#session && !this.#isJoining) throw notInvited(JOIN_FIRST);
      const value = await this.parts.requestHandler.handle(this.#connection, event, payload);
      if (event === 'leave') {
        this.#session = null;
        this.#startDeadline();
      }
      acknowledge({ ok: true, value });
    } catch (cause) {
      acknowledge({ ok: false, error: this.#refusalOf(cause, isClientEvent(event) ? event : 'unknown').toWire() });
      if (cause instanceof OverLimit && cause.times >= LIMITS.dropAtTimes) dropTransport(this.socket);
    }
  }

  get #sender(): Sender {
    return { networks: this.networks, session: this.#session ?? undefined };
  }

  /** Ends the socket when it speaks for no session for too long. */
  #startDeadline(): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.parts.clock.after(JOIN_TIMEOUT_MS, () => {
      // A join under way may yet be refused.
      if (this.#isJoining) this.#startDeadline();
      else if (!this.#session) this.socket.disconnect(true);
    });
  }

  #countBytes(): void {
    this.socket.conn.on('packet', ({ data }: { data?: string | Buffer }) => {
      const sizeBytes = data?.length ?? 0;
      if (sizeBytes === 0) return;
      // No answer: finding out which request to answer would mean parsing the packet.
      this.parts.limits.spend('bytes', this.#sender, sizeBytes).catch((cause: unknown) => {
        this.#refusalOf(cause, 'bytes');
        dropTransport(this.socket);
      });
    });
  }

  /** Counts a refusal. A failure of the server is logged, and its details are not sent to the client. */
  #refusalOf(cause: unknown, event: string): MeshError {
    const refusal = cause instanceof MeshError ? cause : this.#failureOf(cause, event);
    this.parts.metrics.refused(event, refusal instanceof LockedOut ? 'locked-out' : refusal.reason);
    return refusal;
  }

  #failureOf(cause: unknown, event: string): MeshError {
    this.parts.log.error({ err: cause, event }, 'an event failed');
    return new MeshError('signaling-unreachable', 'The server failed to handle this. Try again; its log has details.', {
      cause,
    });
  }
}

const versionSchema = z.object({ protocolVersion: z.int() });

/** Runs before any other check of a join, since every other field may differ in another version. */
function checkVersion(payload: unknown): void {
  const parsed = versionSchema.safeParse(payload);
  if (!parsed.success || parsed.data.protocolVersion === PROTOCOL_VERSION) return;
  throw new MeshError(
    'protocol-version',
    `The page speaks version ${parsed.data.protocolVersion} of the protocol, this server version ${PROTOCOL_VERSION}. ` +
      'Reload the page; if that does not help, update the older of the two.',
  );
}
