import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { networksOf, normalize } from '../sockets/client-address.ts';

/** The address that listens on every network interface, in both families. */
export const EVERY_NETWORK = '::';

/** Whether a server with this HOST is to be reached under any address of its machine. */
export function isEveryNetwork(host: string): boolean {
  return host === EVERY_NETWORK || host === '0.0.0.0';
}

/** How long a client may take over a request, ms. Only polling has requests with a body, of 64 kB at most. */
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

/** Where a host listens: on each address of a family that this machine has, or on the first of these. */
function addressesOf(host: string): { addresses: string[]; onEach: boolean } {
  if (host === 'localhost') return { addresses: ['127.0.0.1', '::1'], onEach: true };
  return { addresses: host === EVERY_NETWORK ? [host, '0.0.0.0'] : [host], onEach: false };
}

/** What the system says of an address of a family that it does not have. */
const NO_FAMILY = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

/** Listeners on further addresses, which pass their connections on to a server; see {@link listenOn}. */
const further = new WeakMap<Server, Server[]>();

/**
 * Listens on both families where `host` stands for both: visitors whose `localhost` is ::1 alone, or whose network has IPv6 alone, find
 * the server too.
 * @param port 0 takes any free port.
 * @returns the port that the server listens on.
 * @throws StartError
 */
export async function listenOn(server: Server, port: number, host: string): Promise<number> {
  const { addresses, onEach } = addressesOf(host);
  const others: Server[] = [];
  further.set(server, others);
  let taken: number | null = null;
  let failure: NodeJS.ErrnoException | null = null;
  for (const address of addresses) {
    if (taken !== null && !onEach) break;
    try {
      if (taken === null) taken = await listen(server, port, address);
      else {
        const other = passingOn(server);
        await listen(other, taken, address);
        others.push(other);
      }
    } catch (cause) {
      failure = cause as NodeJS.ErrnoException;
      const { code = '' } = failure;
      // Somebody else may have a port that was free in the other family, when any would do.
      const isBearable = NO_FAMILY.includes(code) || (code === 'EADDRINUSE' && taken !== null && port === 0);
      if (!isBearable) throw startError(failure, host, port);
    }
  }
  if (taken === null) throw startError(failure ?? new Error('it has no address'), host, port);
  return taken;
}

async function listen(server: Server, port: number, address: string): Promise<number> {
  server.listen(port, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A server listens on one address only. Its connections may come from anywhere. */
function passingOn(server: Server): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
}

/** Stops accepting connections. @returns a promise that resolves when the last connection has ended. */
export async function closeOf(server: Server): Promise<void> {
  const all = [server, ...(further.get(server) ?? [])];
  await Promise.all(all.map((each) => new Promise<void>((resolve) => each.close(() => resolve()))));
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
      return new StartError(
        `HOST is "${host}", which is not an address of this machine. Try localhost, or :: for all networks.`,
      );
    default:
      return new StartError(`Cannot listen on ${host}:${port}: ${cause.message}. Check HOST and PORT.`);
  }
}
