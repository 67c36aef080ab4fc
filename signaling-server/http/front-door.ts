import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Requests of one connection that may wait for the answer before theirs. Browsers and proxies send the next one after the last answer. A client that
 * sends thousands and reads nothing would have a file open and a part of it in memory for each, if they were begun at once.
 */
const MAX_WAITING = 2;
/**
 * Header lines of a request. Browsers and proxies together send some 40. Of a thousand and more Node drops the last without a word, such as those in
 * which a proxy says whom it passes on, and each takes memory of its own.
 */
const MAX_HEADER_LINES = 100;

/** Where socket.io is. */
const SOCKETS_PATH = '/socket.io/';

interface Options {
  /** Gives the path of a request without that of PUBLIC_URL. */
  localPath(path: string): string;
  /** Longest time without a byte in either direction, ms. */
  inactiveMs: number;
}

/**
 * Has every request and upgrade of a server pass here before the listeners that it has, which are told of none that is refused. The requests of one
 * connection are handled one after another.
 */
export function openFrontDoor(server: Server, { localPath, inactiveMs }: Options): void {
  const handle = { request: server.listeners('request'), upgrade: server.listeners('upgrade') };
  for (const event of ['request', 'upgrade']) server.removeAllListeners(event);
  // Clients that do not read their answer hold it in memory.
  server.setTimeout(inactiveMs);
  /** By connection, what waits for the answer that is under way. */
  const waiting = new WeakMap<Duplex, [IncomingMessage, ServerResponse][]>();

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    // Node tells only the response whose turn it is. It may be another's: of a request that Node refuses by itself we learn nothing.
    const end = () => response.emit('close');
    socket.once('close', end);
    response.once('close', () => {
      socket.off('close', end);
      const next = waiting.get(socket)?.shift();
      if (next && socket.writable) begin(...next);
      else waiting.delete(socket);
    });
    request.url = localPath(request.url ?? '/');
    for (const listener of handle.request) listener.call(server, request, response);
  };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // Those that came in the same packet as the one for which it was ended are still read.
    if (socket.destroyed) return;
    if (hasTooManyHeaders(request)) {
      socket.destroy();
      return;
    }
    const queue = waiting.get(socket);
    if (!queue) {
      waiting.set(socket, []);
      begin(request, response);
    } else if (queue.push([request, response]) > MAX_WAITING) socket.destroy();
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node listens no more, and whoever takes the socket over may ask Redis first: until then an error would end this process.
    socket.on('error', () => socket.destroy());
    request.url = localPath(request.url ?? '/');
    // Of other upgrades nobody would read, nor notice that they have ended. Answers that are under way would never end.
    if (!request.url.startsWith(SOCKETS_PATH) || waiting.has(socket) || hasTooManyHeaders(request)) {
      socket.destroy();
      return;
    }
    for (const listener of handle.upgrade) listener.call(server, request, socket, head);
  });
}

/** `rawHeaders` has names and values in turn, also some of those that Node dropped. */
function hasTooManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length > 2 * MAX_HEADER_LINES;
}
