import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../../shared/signaling.ts';
import { type AllowedHosts, WRONG_HOST } from '../http/allowed-hosts.ts';
import { applySecurityHeaders, mayConnect } from '../http/security-headers.ts';
import { clientAddress, hashedNetworksOf } from './client-address.ts';
import { ClientSocket, type ClientSocketParts, JOIN_TIMEOUT_MS } from './client-socket.ts';
import type { Sender } from './limits.ts';
import { dropTransport, type SignalingSocket } from './socket-connection.ts';

interface Parts extends ClientSocketParts {
  /** Through which socket.io receives what other instances send to its sockets. */
  adapter?: ServerOptions['adapter'] | undefined;
  hosts: Pick<AllowedHosts, 'allows'>;
  config: { allowedOrigins: readonly string[]; maxSessions: number; trustedProxies: number };
  /** Under which addresses are hashed; the same at all instances. */
  secret: string;
}

/** The socket.io server: decides who may connect, and reaches the sockets of all instances. */
export class Gateway {
  readonly #io: Server<ClientToServerEvents, ServerToClientEvents>;
  /** When each connection was opened, before it became a socket. */
  readonly #openedAtMs = new WeakMap<object, number>();
  readonly #inProgress = new Set<Promise<void>>();

  constructor(
    http: HttpServer,
    private readonly parts: Parts,
  ) {
    this.#io = new Server(http, {
      serveClient: false,
      // A single transport needs no sticky sessions behind a load balancer and no CORS, and has one limit on message size.
      transports: ['websocket'],
      ...(parts.adapter && { adapter: parts.adapter }),
      maxHttpBufferSize: SIGNALING.maxMessageBytes,
      // Applies until the CONNECT packet, which carries the join; from then on ClientSocket has a deadline of its own.
      connectTimeout: JOIN_TIMEOUT_MS,
      allowRequest: (request, decide) =>
        void this.#refusalOf(request).then((why) => {
          if (why === null) corkForThisTurn(request.socket);
          decide(why, why === null);
        }),
    });
    this.#io.engine.use(applySecurityHeaders);
    this.#io.engine.on('connection', (conn: SignalingSocket['conn']) => {
      this.#openedAtMs.set(conn, parts.clock.now());
      const closed = parts.limits.socketOpened(this.#networksOf(conn.request));
      conn.on('close', closed);
    });
    this.#io.on('connection', (socket) => this.#accept(socket));
  }

  get socketCount(): number {
    return this.#io.engine.clientsCount;
  }

  /** Resolves when no request is in progress. */
  async settled(): Promise<void> {
    while (this.#inProgress.size > 0) await Promise.all(this.#inProgress);
  }

  /** Ends every socket in such a way that its page reconnects, to this server's successor. */
  close(): Promise<void> {
    return this.#io.close();
  }

  /** Sends an event to a socket of any instance. */
  emit<E extends keyof ServerToClientEvents>(
    socketId: string,
    event: E,
    ...body: Parameters<ServerToClientEvents[E]>
  ): void {
    this.#io.to(socketId).emit(event, ...body);
  }

  /** Ends a socket of any instance; its page does not reconnect by itself. */
  disconnect(socketId: string): void {
    this.#io.in(socketId).disconnectSockets(true);
  }

  /** Drops the transport of one of this instance's sockets; its page reconnects. */
  drop(socketId: string): void {
    const socket = this.#io.sockets.sockets.get(socketId);
    if (socket) dropTransport(socket);
  }

  /** Drops the transports of all of this instance's sockets; their pages reconnect. */
  dropAll(): void {
    for (const socket of [...this.#io.sockets.sockets.values()]) dropTransport(socket);
  }

  /** Beyond this point nothing knows an address: limits, logs and Redis see hashes. */
  #networksOf(request: IncomingMessage): Sender['networks'] {
    const { config, secret } = this.parts;
    return hashedNetworksOf(clientAddress(request, config.trustedProxies), secret);
  }

  /**
   * Decides whether a connection is refused.
   * @returns the reason and a sentence for programs other than browsers, which hide both from their pages; null when it may connect
   */
  async #refusalOf(request: IncomingMessage): Promise<string | null> {
    const { config, hosts, limits, metrics } = this.parts;
    const refuse = (reason: 'host' | 'origin' | MeshErrorReason, sentence: string) => {
      metrics.refused('connect', reason);
      return `${reason}: ${sentence}`;
    };
    if (!hosts.allows(request.headers.host)) return refuse('host', WRONG_HOST);
    if (!mayConnect(request.headers.origin, request.headers.host, config.allowedOrigins)) {
      return refuse('origin', 'Pages of this origin may not connect. ALLOWED_ORIGINS lists those that may.');
    }
    try {
      // Twice the number of sessions, since each session may be changing its socket.
      if (this.socketCount >= 2 * config.maxSessions) {
        throw new MeshError('room-full', 'This server has as many sockets as it may hold. Try again later.');
      }
      const networks = this.#networksOf(request);
      limits.checkSockets(networks);
      await limits.spend('connects', { networks });
      return null;
    } catch (cause) {
      const { reason, message } = MeshError.from(cause, 'signaling-unreachable');
      return refuse(reason, message);
    }
  }

  #accept(socket: SignalingSocket): void {
    const openedAtMs = this.#openedAtMs.get(socket.conn) ?? this.parts.clock.now();
    const client = new ClientSocket(socket, this.#networksOf(socket.conn.request), openedAtMs, this.parts);
    this.#track(client.join());
    socket.onAny((event: string, ...args: unknown[]) => this.#track(client.handle(event, args)));
    socket.on('disconnect', () => client.disconnected());
  }

  #track(work: Promise<void>): void {
    this.#inProgress.add(work);
    void work.finally(() => this.#inProgress.delete(work));
  }
}

/** Joins the answer to an upgrade and engine.io's first packet, both written in this turn of the event loop, into one system call. */
function corkForThisTurn(socket: Socket): void {
  socket.cork();
  setImmediate(() => socket.uncork());
}
