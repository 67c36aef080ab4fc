import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../test-server.ts';
import { GUARDED_SERVER_OPTIONS, guardRequests } from './request-guard.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Creates a server as ours are created. */
const serverWith = (listener: RequestListener) => createServer(GUARDED_SERVER_OPTIONS, listener);

async function portOf(server: Server, inactiveMs = 60_000): Promise<number> {
  guardRequests(server, { localPath: (path) => path.replace('/p2c2r/', '/'), inactiveMs });
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
  const port = await portOf(serverWith(() => begun++));
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
    serverWith(({ url = '' }, response) => {
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

test.each([
  ['that names no host', 'GET /refused HTTP/1.1\r\n\r\n', '400 Bad Request'],
  ['that expects something unknown', `${get('/refused').slice(0, -2)}Expect: cake\r\n\r\n`, '417 Expectation Failed'],
  [
    'with so many headers that Node would drop those of a proxy',
    `${get('/refused').slice(0, -2)}${'A: b\r\n'.repeat(100)}\r\n`,
    '431 Request Header Fields Too Large',
  ],
])('a request %s is refused in its turn, and counts as one that waits', async (_, refused, status) => {
  const begun: string[] = [];
  let closed = 0;
  const port = await portOf(
    serverWith(({ url = '' }, response) => {
      begun.push(url);
      response.once('close', () => closed++);
      if (url === '/slow') setTimeout(() => response.end('late'), 20);
    }),
  );
  const [patient, flooding] = [open(port), open(port)];
  let answers = '';
  patient.on('data', (data) => {
    answers += data;
  });
  patient.write(`${get('/slow')}${refused}${get('/behind')}`);
  flooding.write(get('/never') + refused.repeat(1_000));
  flooding.resume();
  // One that is ended with much unread may be reset.
  await Promise.all([patient, flooding].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  expect(answers).toMatch(new RegExp(`late[^]*HTTP/1.1 ${status}\\r\\n`));
  await eventually('all that were begun have ended', () => closed === begun.length);
  expect(begun.sort()).toEqual(['/never', '/slow']);
});

test('a request with as many headers as may be is handled', async () => {
  let begun = 0;
  const port = await portOf(
    serverWith((_, response) => {
      begun++;
      response.end('yes');
    }),
  );
  const socket = open(port);
  socket.write(`${get('/').slice(0, -2)}${'A: b\r\n'.repeat(99)}\r\n`);
  await once(socket, 'data');
  expect(begun).toBe(1);
});

test('a client that reads nothing of its answer is ended, though it sends empty lines meanwhile', async () => {
  let isClosed = false;
  const port = await portOf(
    serverWith((_, response) => {
      response.once('close', () => {
        isClosed = true;
      });
      // More than the system takes for it.
      response.end(Buffer.alloc(32 * 1024 * 1024));
    }),
    // So long that only a machine that stands still leaves nothing to move in it.
    1_000,
  );
  const socket = open(port);
  socket.pause();
  socket.write(get('/'));
  const sending = setInterval(() => socket.write('\r\n'), 20);
  endings.push(() => clearInterval(sending));
  await eventually('its response has ended', () => isClosed);
});

test('a connection over which nothing moves for a while is ended, and its response with it', async () => {
  let isClosed = false;
  const port = await portOf(
    serverWith((_, response) => {
      response.once('close', () => {
        isClosed = true;
      });
    }),
    1_000,
  );
  const socket = open(port);
  socket.write(get('/'));
  await once(socket.resume(), 'close');
  await eventually('its response has ended', () => isClosed);
});

test('an upgrade does not leave answers behind that are under way: it ends its connection', async () => {
  let [upgrades, closed] = [0, 0];
  const server = serverWith((_, response) => {
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
  const server = serverWith(({ url }, response) => {
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
  ['names no host', upgradeTo('/socket.io/?EIO=4').replace('Host: localhost\r\n', ''), '400'],
  ['has too many headers', `${upgradeTo('/socket.io/?EIO=4').slice(0, -2)}${'A: b\r\n'.repeat(100)}\r\n`, '431'],
  ['has a body', `${upgradeTo('/socket.io/?EIO=4').slice(0, -2)}Content-Length: 3\r\n\r\nabc`, '400'],
])('an upgrade that %s is refused with an answer', async (_, head, status) => {
  let upgrades = 0;
  const server = serverWith(() => {});
  server.on('upgrade', () => upgrades++);
  const socket = open(await portOf(server));
  socket.write(head);
  expect(String((await once(socket, 'data'))[0])).toContain(`HTTP/1.1 ${status} `);
  await once(socket, 'close');
  expect(upgrades).toBe(0);
});

test('an upgrade to anything but socket.io ends its connection, which may have carried requests before', async () => {
  const upgrades: (string | undefined)[] = [];
  const server = serverWith((_, response) => response.end('yes'));
  server.on('upgrade', ({ url }, socket) => {
    upgrades.push(url);
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  const port = await portOf(server);
  const [stranger, page] = [open(port), open(port)];
  stranger.write(get('/'));
  await once(stranger, 'data');
  stranger.write(upgradeTo('/x'));
  expect(String((await once(stranger, 'data'))[0])).toContain('HTTP/1.1 400 ');
  await once(stranger.resume(), 'close');
  // Some proxies say of every request without a body that it has none.
  page.write(`${upgradeTo('/p2c2r/socket.io/?EIO=4').slice(0, -2)}Content-Length: 0\r\n\r\n`);
  await once(page, 'data');
  expect(upgrades).toEqual(['/socket.io/?EIO=4']);
});

test('a connection that is reset while its upgrade is decided upon harms nobody', async () => {
  let isReset = false;
  const server = serverWith((_, response) => response.end('yes'));
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
