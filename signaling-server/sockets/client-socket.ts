import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import { type EventAnswer, isClientEvent, joinSchema, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { sessionIdSync } from '../access/identity.ts';
import { notInvited } from '../access/invites.ts';
import { LockedOut } from '../access/lock-out.ts';
import type { ServerClock } from '../clock.ts';
import type { Metrics } from '../http/metrics.ts';
import type { PublicAddress } from '../http/public-address.ts';
import { LIMITS, type Limits, OverLimit, type Sender } from './limits.ts';
import { JOIN_FIRST, parse, type RequestHandler } from './request-handler.ts';
import { type ServerSocket, SocketConnection } from './socket-connection.ts';
import type { Transport } from './transport.ts';

/** A socket that has not joined after this time is not one of our pages. */
export const JOIN_TIMEOUT_MS = 10_000;

export interface ClientSocketParts {
  requestHandler: RequestHandler<SocketConnection>;
  /** The id of this process, see `SocketInfo`. */
  instance: string;
  address: Pick<PublicAddress, 'hostOf'>;
  limits: Limits;
  metrics: Metrics;
  clock: ServerClock;
  log: Logger;
}

/** One client's socket: applies limits and deadlines to it, passes its requests on, and answers each exactly once. */
export class ClientSocket {
  readonly #connection: SocketConnection;
  #isJoining = true;
  #cancelDeadline: () => void = () => {};

  constructor(
    private readonly socket: ServerSocket,
    private readonly transport: Transport,
    private readonly parts: ClientSocketParts,
  ) {
    const { instance, clock, address } = parts;
    const host = address.hostOf(socket.request);
    const { networks, openedAtMs } = transport;
    this.#connection = new SocketConnection(socket, {
      ...{ instance, host, networks: networks.map(({ key }) => key), handshakeMs: clock.now() - openedAtMs, clock },
    });
    this.#startDeadline();
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
      // Not the session key, which is a secret, as limits may be counted in Redis.
      await limits.spend('joins', { networks: this.transport.networks, session: sessionIdSync(request.sessionKey) });
      const { id, resumed } = await requestHandler.join(this.#connection, request);
      this.transport.session = id;
      metrics.joined(resumed, clock.now() - this.transport.openedAtMs);
    } catch (cause) {
      this.socket.emit('joined', { ok: false, error: this.#refusalOf(cause, 'join').toWire() });
    } finally {
      this.#isJoining = false;
    }
  }

  /** Handles an event with any name and arguments, and answers it. Never rejects. */
  async handle(event: string, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (answer: EventAnswer<unknown>) => last(answer) : () => {};
    const payload = typeof args[0] === 'function' ? undefined : args[0];
    try {
      await this.parts.limits.spend(event === 'signal' ? 'signals' : 'events', this.#sender);
      if (!isClientEvent(event)) throw MeshError.malformed('This server does not know this event.');
      if (!this.transport.session && !this.#isJoining) throw notInvited(JOIN_FIRST);
      const value = await this.parts.requestHandler.handle(this.#connection, event, payload);
      if (event === 'leave') {
        this.transport.session = undefined;
        this.#startDeadline();
      }
      acknowledge({ ok: true, value });
    } catch (cause) {
      acknowledge({ ok: false, error: this.#refusalOf(cause, isClientEvent(event) ? event : 'unknown').toWire() });
      if (cause instanceof OverLimit && cause.times >= LIMITS.dropAtTimes) this.transport.drop();
    }
  }

  get #sender(): Sender {
    return this.transport;
  }

  /** Ends the socket if it has had no session for too long. */
  #startDeadline(): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.parts.clock.after(JOIN_TIMEOUT_MS, () => {
      // The join that is under way may still be refused.
      if (this.#isJoining) this.#startDeadline();
      else if (!this.transport.session) this.socket.disconnect(true);
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
