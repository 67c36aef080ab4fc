import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PeerServer } from 'peer';
import { Server } from 'socket.io';

/** The servers that ours is compared with, each in a process of its own, as ours is. */

/** PeerJS's own signaling server. @returns its port */
export function startPeerServer(): Promise<number> {
  return new Promise((resolve) => {
    // Its default limit is 5,000; ten thousand sockets are held here.
    PeerServer({ port: 0, host: 'localhost', path: '/', concurrent_limit: 20_000 }, (server) =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

/** A socket.io server that does nothing, with the one transport that ours has. @returns its port */
export function startBareServer(): Promise<number> {
  const http: HttpServer = createServer();
  new Server(http, { transports: ['websocket'], serveClient: false });
  return new Promise((resolve) => http.listen(0, 'localhost', () => resolve((http.address() as AddressInfo).port)));
}
