import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { LIMITS } from '../sockets/limits.ts';
import { eventually, TestBed } from '../test-server.ts';

const bed = new TestBed();
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await bed.end();
});

/** Opens a connection and sends the beginning of a request. */
function open(port: number, { from = '127.0.0.1', text = '' } = {}): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  sockets.push(socket.resume());
  socket.write(text);
  return socket;
}

const HEAD = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';

async function isServed(port: number, from?: string): Promise<boolean> {
  const socket = open(port, { ...(from && { from }), text: `${HEAD}Connection: close\r\n\r\n` });
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return answer.startsWith('HTTP/1.1 200');
}

test('one address opens a limited number of connections, with or without requests, and leaves the others to the rest', async () => {
  const most = 4;
  const { port } = await bed.server({ limitFactor: most / (2 * LIMITS.socketsPerAddress) });
  for (let count = 0; count < most; count++) open(port);
  await eventually('the address is refused', async () => !(await isServed(port)));
  expect(await isServed(port, '127.0.0.2')).toBe(true);
  for (const socket of sockets) socket.destroy();
  await eventually('the address is served again', () => isServed(port));
});

test('a connection without a whole request ends soon', async () => {
  const deadlines = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 50 };
  const { port } = await bed.server({}, undefined, { bounds: { deadlines } });
  const idlers = ['', HEAD, 'GET'].map((text) => open(port, { text }));
  await eventually('all are closed', () => idlers.every(({ closed }) => closed));
  expect(await isServed(port)).toBe(true);
});
