import { PeerServer } from 'peer';

// PeerJS's own signaling server in a process of its own, as ours is; tells its parent the port.
// More than its 5,000, for those who hold ten thousand.
PeerServer({ port: 0, host: 'localhost', path: '/', concurrent_limit: 20_000 }, (server) => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit());
