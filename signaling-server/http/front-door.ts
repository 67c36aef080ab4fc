import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Requests of one connection that may wait for their answers. Browsers and proxies send the next one after the last answer. A client that sends
 * thousands and reads nothing would have a file open and a part of it in memory for each.
 */
const MAX_UNANSWERED = 8;

/**
 * Longest time without a byte in either direction, ms: clients that do not read their answers hold them in memory. A page that polls waits half as
 * long for an answer, and WebSockets have limits of their own.
 */
export const INACTIVE_MS = 60_000;

/** Where socket.io is. */
const SOCKETS_PATH = '/socket.io/';

/**
 * Has every request and upgrade of a server pass here before the listeners that it has, which are told of none that is refused.
 *
 * @param localPath - gives the path of a request without that of PUBLIC_URL.
 */
export function openFrontDoor(server: Server, localPath: (path: string) => string): void {
  const handle = { request: server.listeners('request'), upgrade: server.listeners('upgrade') };
  for (const event of ['request', 'upgrade']) server.removeAllListeners(event);
  const unanswered = new WeakMap<Duplex, Set<ServerResponse>>();

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // Those that came in the same packet as the one for which it was ended are still read.
    if (socket.destroyed) return;
    const open = unanswered.get(socket) ?? new Set();
    if (!unanswered.has(socket)) {
      unanswered.set(socket, open);
      // Node closes only the response whose turn it is. The files of those behind it would stay open.
      socket.once('close', () => {
        for (const each of [...open]) each.emit('close');
      });
    }
    if (open.size >= MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    open.add(response);
    response.once('close', () => open.delete(response));
    request.url = localPath(request.url ?? '/');
    for (const listener of handle.request) listener.call(server, request, response);
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node listens no more, and whoever takes the socket over may ask Redis first: until then an error would end this process.
    socket.on('error', () => socket.destroy());
    request.url = localPath(request.url ?? '/');
    if (!request.url.startsWith(SOCKETS_PATH)) {
      // Nobody would read it, nor notice that it has ended.
      socket.destroy();
      return;
    }
    for (const listener of handle.upgrade) listener.call(server, request, socket, head);
  });
}
