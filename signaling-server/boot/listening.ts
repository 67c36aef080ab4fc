import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { networksOf, normalize } from '../sockets/client-address.ts';

/** The address that listens on every network interface, IPv4. */
export const EVERY_NETWORK = '0.0.0.0';

/** How long a client may take over a request, ms. A request has no body, and its headers fit into a few packets. */
export const REQUEST_DEADLINES = {
  /** From the connection, or the last answer, to the end of the headers. */
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_500,
} as const;
export type RequestDeadlines = { readonly [Name in keyof typeof REQUEST_DEADLINES]: number };

/** The server cannot start for a reason that its operator can fix; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * @param port 0 takes any free port.
 * @returns the port that the server listens on.
 * @throws StartError
 */
export async function listenOn(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw startError(cause as NodeJS.ErrnoException, host, port);
  }
  return (server.address() as AddressInfo).port;
}

/** Stops accepting connections. @returns a promise that resolves when the last connection has ended. */
export function closeOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/**
 * Tracks the connections of all listeners, so that connections which never end cannot hold up a stop, and so that no address takes
 * all that the process may open.
 */
export class OpenConnections {
  /** Open connections of each network, by its prefix. In memory only. */
  readonly #perNetwork = new Map<string, number>();
  readonly #all = new Set<Socket>();
  /** Connections without a request so far: browsers open some in advance. */
  readonly #unused = new Set<Socket>();
  #isClosing = false;

  /** @param maxPerAddress connections of one address; the networks around it may have multiples, see `networksOf` */
  constructor(private readonly maxPerAddress = Number.POSITIVE_INFINITY) {}

  watch(server: Server): void {
    // A TLS connection has two sockets. Requests arrive on the upper one, so only that one can count as unused.
    const isBelowTls = server instanceof TlsServer;
    server.on('connection', (socket: Socket) => {
      this.#countFor(socket);
      this.#opened(socket, { isUnused: !isBelowTls });
    });
    if (isBelowTls) server.on('secureConnection', (socket: Socket) => this.#opened(socket, { isUnused: true }));
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#unused.delete(socket);
      // The server's `close` ends idle connections only; one that is just sending a response would be kept alive.
      response.once('close', () => this.#isClosing && socket.destroySoon());
    });
    server.on('upgrade', ({ socket }: IncomingMessage) => this.#unused.delete(socket));
  }

  /** Ends connections without a request now, and the others as soon as their response is sent. */
  destroyUnused(): void {
    this.#isClosing = true;
    for (const socket of this.#unused) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#all) socket.destroy();
  }

  /** Counts a connection while it is open, or ends it at once. */
  #countFor(socket: Socket): void {
    const networks = networksOf(normalize(socket.remoteAddress) ?? '');
    const countOf = (prefix: string) => this.#perNetwork.get(prefix) ?? 0;
    if (networks.some(({ prefix, times }) => countOf(prefix) >= this.maxPerAddress * times)) {
      socket.destroy();
      return;
    }
    for (const { prefix } of networks) this.#perNetwork.set(prefix, countOf(prefix) + 1);
    socket.once('close', () => {
      for (const { prefix } of networks) {
        if (countOf(prefix) > 1) this.#perNetwork.set(prefix, countOf(prefix) - 1);
        else this.#perNetwork.delete(prefix);
      }
    });
  }

  #opened(socket: Socket, { isUnused }: { isUnused: boolean }): void {
    this.#all.add(socket);
    if (isUnused) this.#unused.add(socket);
    socket.once('close', () => {
      this.#all.delete(socket);
      this.#unused.delete(socket);
    });
  }
}

function startError(cause: NodeJS.ErrnoException, host: string, port: number): StartError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} on ${host} is in use by another program. Stop it, or choose another port: --port 0 takes any free one.`,
      );
    case 'EACCES':
      return new StartError(
        `This user is not allowed to open port ${port}. Choose a port above 1023, such as --port 8080.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST is "${host}", which is not an address of this machine. Try localhost or 0.0.0.0.`);
    default:
      return new StartError(`Cannot listen on ${host}:${port}: ${cause.message}. Check HOST and PORT.`);
  }
}
