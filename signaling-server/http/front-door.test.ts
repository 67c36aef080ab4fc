import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../test-server.ts';
import { openFrontDoor } from './front-door.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function portOf(server: Server, inactiveMs = 60_000): Promise<number> {
  openFrontDoor(server, { localPath: (path) => path.replace('/p2c2r/', '/'), inactiveMs });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  endings.push(() => socket.destroy());
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const upgradeTo = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

test('a connection that sends many requests and waits for no answer is ended, and one of them is begun', async () => {
  let begun = 0;
  const port = await portOf(createServer(() => begun++));
  const socket = open(port);
  socket.write(get('/').repeat(1_000));
  await once(socket.resume(), 'close');
  expect(begun).toBe(1);
});

test('requests of one packet are answered one after another, and none is begun once the connection has ended', async () => {
  const begun: string[] = [];
  const answers: (() => void)[] = [];
  let closed = 0;
  const port = await portOf(
    createServer(({ url = '' }, response) => {
      begun.push(url);
      answers.push(() => response.end(url));
      response.once('close', () => closed++);
    }),
  );
  const socket = open(port);
  socket.write(['/a', '/b', '/c'].map(get).join(''));
  await eventually('the first is begun', () => begun.length === 1);
  answers[0]?.();
  expect(String((await once(socket, 'data'))[0])).toContain('/a');
  await eventually('the next is begun', () => begun.length === 2);
  socket.destroy();
  await eventually('its response has ended', () => closed === 2);
  expect(begun).toEqual(['/a', '/b']);
});

test('a response behind one that Node refuses by itself ends with the connection', async () => {
  const begun: string[] = [];
  let closed = 0;
  const port = await portOf(
    createServer(({ url = '' }, response) => {
      begun.push(url);
      response.once('close', () => closed++);
      // As a file is sent: its end comes later than the answer of Node.
      if (url === '/a') response.end('yes');
      else setTimeout(() => response.write('part'), 20);
    }),
  );
  const socket = open(port);
  socket.write(`${get('/a')}GET /nameless HTTP/1.1\r\n\r\n${get('/b')}`);
  await once(socket.resume(), 'close');
  await eventually('all that were begun have ended', () => closed === begun.length);
});

test('a connection over which nothing moves for a while is ended, and its response with it', async () => {
  let isClosed = false;
  const port = await portOf(
    createServer((_, response) => {
      response.once('close', () => {
        isClosed = true;
      });
    }),
    50,
  );
  const socket = open(port);
  socket.write(get('/'));
  await once(socket.resume(), 'close');
  await eventually('its response has ended', () => isClosed);
});

test('an upgrade does not leave answers behind that are under way: it ends its connection', async () => {
  let [upgrades, closed] = [0, 0];
  const server = createServer((_, response) => {
    response.once('close', () => closed++);
  });
  server.on('upgrade', () => upgrades++);
  const socket = open(await portOf(server));
  socket.write(get('/') + upgradeTo('/socket.io/?EIO=4'));
  await once(socket.resume(), 'close');
  await eventually('its response has ended', () => closed === 1);
  expect(upgrades).toBe(0);
});

test('one that waits for its answers may send any number of requests', async () => {
  const paths: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    paths.push(url);
    response.end('yes');
  });
  const socket = open(await portOf(server));
  for (let count = 0; count < 20; count++) {
    socket.write(get('/p2c2r/page'));
    await once(socket, 'data');
  }
  expect(new Set(paths)).toEqual(new Set(['/page']));
  expect(paths).toHaveLength(20);
});

test.each([
  ['request', get('/')],
  ['upgrade', upgradeTo('/socket.io/?EIO=4')],
])('a %s with so many headers that Node would drop those of a proxy ends its connection', async (_, head) => {
  let begun = 0;
  const server = createServer((_, response) => {
    begun++;
    response.end('yes');
  });
  server.on('upgrade', () => begun++);
  const port = await portOf(server);
  const [few, many] = [90, 1_000].map((lines) => {
    const socket = open(port);
    socket.write(`${head.slice(0, -2)}${'A: b\r\n'.repeat(lines)}X-Forwarded-For: 192.0.2.1\r\n\r\n`);
    return socket;
  });
  if (many) await once(many.resume(), 'close');
  await eventually('that with few is begun', () => begun === 1);
  few?.destroy();
});

test('an upgrade to anything but socket.io ends its connection, which may have carried requests before', async () => {
  const upgrades: (string | undefined)[] = [];
  const server = createServer((_, response) => response.end('yes'));
  server.on('upgrade', ({ url }, socket) => {
    upgrades.push(url);
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  const port = await portOf(server);
  const [stranger, page] = [open(port), open(port)];
  stranger.write(get('/'));
  await once(stranger, 'data');
  stranger.write(upgradeTo('/x'));
  await once(stranger.resume(), 'close');
  page.write(upgradeTo('/p2c2r/socket.io/?EIO=4'));
  await once(page, 'data');
  expect(upgrades).toEqual(['/socket.io/?EIO=4']);
});

test('a connection that is reset while its upgrade is decided upon harms nobody', async () => {
  let isReset = false;
  const server = createServer((_, response) => response.end('yes'));
  server.on('upgrade', (_, socket) => {
    socket.once('close', () => {
      isReset = true;
    });
    // Nobody listens for errors yet.
    setImmediate(() => socket.destroy(new Error('read ECONNRESET')));
  });
  open(await portOf(server)).write(upgradeTo('/socket.io/'));
  await eventually('the connection is gone', () => isReset);
});
