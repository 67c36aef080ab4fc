import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { serverClock } from '../clock.ts';
import { ownCertificate } from '../http/secure-server.ts';
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

const hasIpv6 = Object.values(networkInterfaces()).some((entries = []) =>
  entries.some(({ address }) => address === '::1'),
);
const FAMILIES = ['127.0.0.1', '[::1]'];

test.skipIf(!hasIpv6).each(['localhost', '::'])(
  'with HOST=%s visitors of both families are served until it stops (skipped on a machine without IPv6)',
  async (host) => {
    const { port, close } = await bed.server({ host });
    for (const name of FAMILIES) {
      const url = `http://${name}:${port}/`;
      expect((await fetch(`${url}healthz`)).status, url).toBe(200);
      await bed.page(url).join();
    }
    await close();
    for (const name of FAMILIES) await expect(fetch(`http://${name}:${port}/healthz`)).rejects.toThrow();
  },
);

test.skipIf(!hasIpv6)(
  'with HOST=:: HTTPS is served to both families, under a name of the certificate (skipped on a machine without IPv6)',
  async () => {
    const folder = await bed.folder();
    const { cert, key } = await ownCertificate(folder, ['play.example'], serverClock);
    const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(tlsCert, cert);
    await writeFile(tlsKey, key);
    const { lan } = await bed.server({ host: '::', tlsCert, tlsKey, httpsPort: 0 });
    const names = lan.secureUrls.map((url) => new URL(url).hostname);
    expect(names).toContain('play.example');
    const port = new URL(lan.secureUrls[0] ?? '').port;
    for (const host of ['127.0.0.1', '::1']) {
      const status = await new Promise((resolve, reject) => {
        const options = { host, port, path: '/healthz', ca: cert, servername: 'localhost', agent: false };
        get(options, (response) => resolve(response.resume().statusCode)).on('error', reject);
      });
      expect(status, host).toBe(200);
    }
  },
);

test.skipIf(!hasIpv6)(
  'another program that has the port in one family is told, since it would get half of the visitors (skipped on a machine without IPv6)',
  async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '::1', resolve));
    const { port } = other.address() as { port: number };
    await expect(bed.server({ host: 'localhost', port })).rejects.toThrow(`Port ${port} on localhost is in use`);
    await new Promise((resolve) => other.close(resolve));
  },
);
