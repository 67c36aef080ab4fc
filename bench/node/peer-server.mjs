import { PeerServer } from 'peer';

// PeerJS's own signaling server in a process of its own, as ours is; tells its parent the port.
PeerServer({ port: 0, host: 'localhost', path: '/' }, (server) => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit());
