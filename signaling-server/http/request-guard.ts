import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
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

/** Path of socket.io. */
const SOCKETS_PATH = '/socket.io/';

/** Options for creating a server. Node then does not refuse requests without a Host header by itself, uncounted, but leaves them to the guard. */
export const GUARDED_SERVER_OPTIONS = { requireHostHeader: false } as const;
/** The events of a server for requests. Those that expect something unknown have one of their own. */
export const REQUEST_EVENTS = ['request', 'checkExpectation'] as const;

interface Options {
  /** Gives the path of a request without that of PUBLIC_URL. */
  localPath(path: string): string;
  /** Longest time without a byte in either direction, ms, and longest time in which a client reads nothing of an answer. */
  inactiveMs: number;
}

/**
 * Puts checks in front of the listeners that a server has for requests and upgrades: they get none that is refused. The requests of one
 * connection are handled one after another. A request that comes alone is refused with an answer: proxies take a server that gives none for a broken one.
 */
export function guardRequests(server: Server, { localPath, inactiveMs }: Options): void {
  const handle = { request: server.listeners('request'), upgrade: server.listeners('upgrade') };
  for (const event of ['request', 'upgrade']) server.removeAllListeners(event);
  // Clients that do not read their answer hold it in memory.
  server.setTimeout(inactiveMs);
  /** By connection, what waits for the answer that is under way. */
  const waiting = new WeakMap<Duplex, [IncomingMessage, ServerResponse][]>();

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    // Node emits it only on the response that is being written, which may be Node's own refusal of a request that we never saw.
    const end = () => response.emit('close');
    socket.once('close', end);
    const stopWatching = endIfUnread(socket, inactiveMs);
    response.once('close', () => {
      stopWatching();
      socket.off('close', end);
      const next = waiting.get(socket)?.shift();
      if (next && socket.writable) begin(...next);
      else waiting.delete(socket);
    });
    const refusal = refusalOf(request);
    if (refusal !== null) {
      response.writeHead(refusal, { Connection: 'close' }).end();
      return;
    }
    request.url = localPath(request.url ?? '/');
    for (const listener of handle.request) listener.call(server, request, response);
  };

  const arrive = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    // Node still parses requests that were pipelined behind the one for which the connection was ended.
    if (!socket.writable) return;
    const queue = waiting.get(socket);
    if (!queue) {
      waiting.set(socket, []);
      begin(request, response);
    } else if (queue.push([request, response]) > MAX_WAITING) socket.destroy();
  };
  for (const event of REQUEST_EVENTS) server.on(event, arrive);

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node no longer listens for its errors, and the handler of the upgrade may wait for Redis before it does: until then an error would end this process.
    socket.on('error', () => socket.destroy());
    request.url = localPath(request.url ?? '/');
    // The handler would take the socket over, and answers under way would never end.
    if (waiting.has(request.socket) || !socket.writable) {
      socket.destroy();
      return;
    }
    // Nobody reads other upgraded sockets or notices their end. A body would be read as the first bytes of the new protocol.
    const isOfSockets = request.url.startsWith(SOCKETS_PATH) && !hasBody(request);
    const refusal = refusalOf(request) ?? (isOfSockets ? null : 400);
    if (refusal !== null) {
      request.socket.setTimeout(inactiveMs, () => socket.destroy());
      socket.end(`HTTP/1.1 ${refusal} ${STATUS_CODES[refusal]}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
      return;
    }
    for (const listener of handle.upgrade) listener.call(server, request, socket, head);
  });
}

/** The HTTP status with which a request is refused here; null where it is not. */
function refusalOf({ headers, httpVersion, rawHeaders }: IncomingMessage): number | null {
  // Names and values in turn, also some of those that Node dropped.
  if (rawHeaders.length > 2 * MAX_HEADER_LINES) return 431;
  if (headers.host === undefined && httpVersion !== '1.0') return 400;
  return headers.expect === undefined || headers.expect.toLowerCase() === '100-continue' ? null : 417;
}

/** Some proxies say of every request without one that it has none. */
function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) !== 0 || headers['transfer-encoding'] !== undefined;
}

/**
 * Ends a connection whose client reads nothing of what is sent to it for so long, and yet sends something: empty lines are no request, and would keep the
 * answer in memory for ever, since the timeout of the connection counts both directions. Returns a function that ends the watch.
 */
function endIfUnread(socket: Socket, inactiveMs: number): () => void {
  const now = () => ({ received: socket.bytesRead, read: socket.bytesWritten - socket.writableLength });
  let before = now();
  const timer = setInterval(() => {
    const { received, read } = now();
    if (socket.writableLength > 0 && read === before.read && received !== before.received) socket.destroy();
    before = { received, read };
  }, inactiveMs);
  timer.unref();
  return () => clearInterval(timer);
}
