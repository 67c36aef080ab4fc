import { createServer } from 'node:http';
import { Server } from 'socket.io';

// A socket.io server that does nothing, with the one transport that ours has; tells its parent the port.
const http = createServer();
new Server(http, { transports: ['websocket'], serveClient: false });
http.listen(0, 'localhost', () => {
  const address = http.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit());
