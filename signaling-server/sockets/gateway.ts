import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { WebSocketServer } from 'ws';
import { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../../shared/signaling.ts';
import { type AllowedHosts, WRONG_HOST } from '../http/allowed-hosts.ts';
import type { PublicAddress } from '../http/public-address.ts';
import { securityHeaders } from '../http/security-headers.ts';
import { clientAddress, hashedNetworksOf } from './client-address.ts';
import { ClientSocket, type ClientSocketParts, JOIN_TIMEOUT_MS } from './client-socket.ts';
import type { Sender } from './limits.ts';
import type { ServerSocket } from './socket-connection.ts';
import { Transport } from './transport.ts';

interface Parts extends ClientSocketParts {
  /** Through which socket.io receives what other instances send to its sockets. */
  adapter?: ServerOptions['adapter'] | undefined;
  hosts: Pick<AllowedHosts, 'allows'>;
  address: PublicAddress;
  config: { allowedOrigins: readonly string[]; maxSessions: number; trustedProxies: number };
  /** The key for hashing addresses; the same at all instances. */
  secret: string;
}

/** The response to a page of another origin. It may be a page of ours behind a proxy that does not say so. */
const FOREIGN_ORIGIN =
  'Pages of this origin may not connect. ALLOWED_ORIGINS lists other sites whose pages may; behind a proxy, PUBLIC_URL names the address of this server.';

/** The socket.io server: decides who may connect, and reaches the sockets of all instances. */
export class Gateway {
  readonly #io: Server<ClientToServerEvents, ServerToClientEvents>;
  readonly #transports = new WeakMap<ServerSocket['conn'], Transport>();
  /** Those that poll, by the id of their connection. */
  readonly #polling = new Map<string, Transport>();
  readonly #inProgress = new Set<Promise<void>>();

  constructor(
    http: HttpServer,
    private readonly parts: Parts,
  ) {
    this.#io = new Server(http, {
      serveClient: false,
      // Polling is for networks that block WebSockets. A page that polls does not change to a WebSocket: the next connection tries one first.
      transports: ['websocket', 'polling'],
      allowUpgrades: false,
      cors: { origin: corsOrigin(parts.config.allowedOrigins) },
      ...(parts.adapter && { adapter: parts.adapter }),
      maxHttpBufferSize: SIGNALING.maxMessageBytes,
      wsEngine: PlainWebSocketServer,
      // Applies until the CONNECT packet, which carries the join; from then on ClientSocket has a deadline of its own.
      connectTimeout: JOIN_TIMEOUT_MS,
      allowRequest: (request, decide) =>
        void this.#refusalOf(request).then((why) => {
          if (why === null) corkForThisTurn(request.socket);
          decide(why, why === null);
        }),
    });
    this.#io.engine.use(securityHeaders(parts.address));
    this.#io.engine.use(this.#checkContinued);
    this.#io.engine.on('connection', (conn: ServerSocket['conn']) => {
      const networks = this.#networksOf(conn.request);
      const transport = new Transport(conn, networks, parts);
      this.#transports.set(conn, transport);
      // The name of a connection in its requests, which engine.io's types declare private.
      const { id } = conn as unknown as { readonly id: string };
      if (transport.isPolling) this.#polling.set(id, transport);
      // `allowUpgrades` only offers none. What such a connection sends would not be counted.
      conn.once('upgrading', () => transport.drop());
      const closed = parts.limits.socketOpened(networks);
      conn.on('close', () => {
        closed();
        this.#polling.delete(id);
      });
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

  /** Ends every socket in such a way that its page reconnects, by then to the server that replaces this one. */
  close(): Promise<void> {
    return this.#io.close();
  }

  /** Requests that name a connection: only those of polling do, and each counts as what it sends. */
  readonly #checkContinued = (request: IncomingMessage, _: unknown, next: (cause?: Error) => void): void => {
    const { method, headers } = request;
    const { sid, transport: kind } = queryOf(request) ?? { sid: '' };
    const contentBytes = Number(headers['content-length'] ?? 0);
    const transport = sid === undefined ? undefined : this.#polling.get(sid);
    transport?.received(POLL_BYTES + contentBytes);
    // About the others engine.io does not ask `allowRequest`. Some it never answers, and what an upgraded connection sends it reads uncounted.
    const isOther =
      headers.upgrade === undefined
        ? sid !== undefined && kind !== 'polling'
        : sid !== undefined || kind !== 'websocket';
    // Browsers say how much they send.
    const isUncounted = method === 'POST' && headers['content-length'] === undefined;
    // engine.io goes on answering while it waits for a last request for news.
    const isOver = transport?.isDropped ?? false;
    next(isOther || isUncounted || isOver ? new Error('not a request of our pages') : undefined);
  };

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
    if (socket) this.#transports.get(socket.conn)?.drop();
  }

  /** Drops the transports of all of this instance's sockets; their pages reconnect. */
  dropAll(): void {
    for (const { conn } of [...this.#io.sockets.sockets.values()]) this.#transports.get(conn)?.drop();
  }

  /** Replaces the client's address by hashes of its networks, here at the entrance: limits, logs and Redis never see the address. */
  #networksOf(request: IncomingMessage): Sender['networks'] {
    const { config, secret } = this.parts;
    return hashedNetworksOf(clientAddress(request, config.trustedProxies), secret);
  }

  /**
   * Decides whether a connection is refused.
   * @returns the reason and a sentence for programs other than browsers, which hide both from their pages; null when it may connect
   */
  async #refusalOf(request: IncomingMessage): Promise<string | null> {
    const { address, config, hosts, limits, metrics } = this.parts;
    const refuse = (reason: 'host' | 'origin' | MeshErrorReason, sentence: string) => {
      metrics.refused('connect', reason);
      return `${reason}: ${sentence}`;
    };
    if (!hosts.allows(request.headers.host)) return refuse('host', WRONG_HOST);
    if (!address.mayConnect(request)) {
      return refuse('origin', FOREIGN_ORIGIN);
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

  #accept(socket: ServerSocket): void {
    const transport = this.#transports.get(socket.conn);
    // A client that connects to the namespace again over the same transport could have any number of sessions behind one socket.
    if (!transport || transport.isTaken) {
      transport?.drop();
      return;
    }
    transport.isTaken = true;
    const client = new ClientSocket(socket, transport, this.parts);
    this.#track(client.join());
    socket.onAny((event: string, ...args: unknown[]) => this.#track(client.handle(event, args)));
    socket.on('disconnect', () => {
      client.disconnected();
      // A client that leaves the namespace needs its transport no longer, and no deadline would end that.
      transport.close();
    });
  }

  #track(work: Promise<void>): void {
    this.#inProgress.add(work);
    void work.finally(() => this.#inProgress.delete(work));
  }
}

/**
 * Refuses messages that come in many pieces. Browsers send messages of this size in one piece. Until the last piece has come, a piece of one
 * byte takes a hundred bytes of memory.
 */
class PlainWebSocketServer extends WebSocketServer {
  constructor(options: ConstructorParameters<typeof WebSocketServer>[0]) {
    const bounds = { maxFragments: 64, maxBufferedChunks: 1_024 };
    super({ ...options, ...bounds });
  }
}

/**
 * The parameters of a request as engine.io has read them before, which it goes by: another way of reading could differ where one comes twice. Undefined
 * only in a version of engine.io that keeps them elsewhere: then no request is taken for one of our pages.
 */
function queryOf(request: IncomingMessage): Partial<Record<string, string>> | undefined {
  return (request as { _query?: Partial<Record<string, string>> })._query;
}

/** What a request of a page that polls counts as, beside its content: its headers. */
const POLL_BYTES = 512;

/** Pages of other sites need permission to read what they poll. Our own need none, and a WebSocket needs none. */
function corsOrigin(allowedOrigins: readonly string[]): string | string[] {
  return allowedOrigins.includes('*') ? '*' : [...allowedOrigins];
}

/** Joins the answer to an upgrade and engine.io's first packet, both written in this turn of the event loop, into one system call. */
function corkForThisTurn(socket: Socket): void {
  socket.cork();
  setImmediate(() => socket.uncork());
}
