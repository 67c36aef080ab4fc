import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';

/** An id as the server gives them. */
export const id = (letter: string) => letter.repeat(22);

/** How a server lets a gamer into its own room. */
export const JOINED = {
  id: id('M'),
  room: 'den',
  inviteOnly: false,
  pass: 'p',
  iceServers: [],
  iceValidS: null,
  resumed: false,
  lobby: false,
  challenge: null,
  owner: true,
  mayInvite: true,
  introductions: [],
};

/** How it introduces a volunteer. */
export const introduction = { peerId: id('P'), name: 'peer', role: 'volunteer', initiate: true, score: 0.5 };

/** Stands for any server, also a foreign one: it speaks socket.io and does nothing but what `onConnection` does. */
export async function startSignalingServer(onConnection: (socket: Socket) => void) {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'] });
  server.on('connection', onConnection);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, close: () => server.close() };
}
