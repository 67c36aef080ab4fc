import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

export const EVERY_NETWORK = '0.0.0.0';

/** The server cannot start for a reason that its operator can change; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * @returns the port that was bound: the one asked for, or a free one for 0.
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

/** Accepts nobody from now on. @returns when the last connection has ended. */
export function closeOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/** The connections of all listeners, so that a stop is not held up by those that never end. */
export class OpenConnections {
  readonly #all = new Set<Socket>();
  /** Connections a browser opened in case it would need them; a stop does not wait for their first request. */
  readonly #unused = new Set<Socket>();

  watch(server: Server): void {
    // Requests come over a TLS socket, never over the one below it, which cannot be told to be unused.
    const isBelowTls = server instanceof TlsServer;
    server.on('connection', (socket: Socket) => this.#opened(socket, { isUnused: !isBelowTls }));
    if (isBelowTls) server.on('secureConnection', (socket: Socket) => this.#opened(socket, { isUnused: true }));
    server.on('request', ({ socket }: { socket: Socket }) => this.#unused.delete(socket));
    server.on('upgrade', ({ socket }: { socket: Socket }) => this.#unused.delete(socket));
  }

  destroyUnused(): void {
    for (const socket of this.#unused) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#all) socket.destroy();
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
        `Port ${port} on ${host} is in use by another program. Stop it, or choose another: --port 0 takes any free one.`,
      );
    case 'EACCES':
      return new StartError(`This user may not open port ${port}. Choose one above 1023, as in --port 8080.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST is "${host}", which is no address of this machine. Try localhost or 0.0.0.0.`);
    default:
      return new StartError(`Cannot listen on ${host}:${port}: ${cause.message}. Check HOST and PORT.`);
  }
}
