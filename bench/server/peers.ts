import type { AddressInfo } from 'node:net';
import { PeerServer } from 'peer';

/** PeerJS's own signaling server, in a process of its own, as ours is. @returns its port */
export function startPeerServer(): Promise<number> {
  return new Promise((resolve) => {
    // Its default limit is 5,000; ten thousand sockets are held here.
    PeerServer({ port: 0, host: 'localhost', path: '/', concurrent_limit: 20_000 }, (server) =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}
