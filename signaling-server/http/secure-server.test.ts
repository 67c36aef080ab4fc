import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as connectPlainly } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { generate } from 'selfsigned';
import { io } from 'socket.io-client';
import { afterEach, expect, test } from 'vitest';
import { type Joined, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { serverClock } from '../clock.ts';
import { ManualServerClock } from '../test-clock.ts';
import { newSessionKey, TestBed } from '../test-server.ts';
import { ownCertificate } from './secure-server.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const DAY_MS = 24 * 3_600 * 1_000;

/** @returns the server's certificate; rejects when `ca` did not issue it or it names another host. */
function handshake(url: string, ca: string): Promise<X509Certificate> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.end();
    });
    socket.on('error', reject);
  });
}

function get(url: string, ca: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { ca, agent: false }, (response) => {
      let body = '';
      response.on('data', (bytes) => {
        body += bytes;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    })
      .on('error', reject)
      .end();
  });
}

async function lanServer(stateDir: string, clock?: ManualServerClock) {
  const server = await bed.server({ lan: true, httpsPort: 0, stateDir }, clock);
  const { cert } = JSON.parse(await readFile(join(stateDir, 'lan-certificate.json'), 'utf8'));
  const [secureUrl] = server.lan.secureUrls;
  if (secureUrl === undefined) throw new Error('the server has no HTTPS address');
  return { ...server, secureUrl, cert: String(cert) };
}

test('HTTP and HTTPS lead to one server: members meet whichever of the two they used', async () => {
  const { url, secureUrl, cert, lan } = await lanServer(await bed.folder());
  expect(lan.isOwnCertificate).toBe(true);
  expect(await (await fetch(`${url}lan.json`)).json(), 'pages show the address').toEqual(lan);
  expect(secureUrl).toMatch(/^https:\/\/[\d.a-z]+:\d+\/$/);
  expect(await get(`${secureUrl}healthz`, cert)).toMatchObject({ status: 200 });
  const gamer = bed.page(url);
  const { id } = await gamer.join({ room: 'den' });
  const socket = io(secureUrl, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ca: cert,
    auth: { protocolVersion: PROTOCOL_VERSION, sessionKey: newSessionKey(), role: 'volunteer', name: 'n', room: 'den' },
  });
  const answer = await new Promise<{ ok: boolean; value: Joined }>((resolve, reject) => {
    socket.on('joined', resolve);
    socket.on('connect_error', reject);
  });
  expect(answer.ok).toBe(true);
  const introduced = new Promise<{ peerId: string }>((resolve) => socket.on('introduce', resolve));
  socket.emit('status', { load: 0, accepting: true, tasks: [], maxGamers: 1 }, () => {});
  expect((await introduced).peerId).toBe(id);
  socket.disconnect();
});

test('the certificate names its address and survives a restart, and only its owner may read the key', async () => {
  const stateDir = await bed.folder();
  const first = await lanServer(stateDir);
  const { fingerprint256 } = await handshake(first.secureUrl, first.cert);
  await first.close();
  const second = await lanServer(stateDir);
  expect((await handshake(second.secureUrl, first.cert)).fingerprint256).toBe(fingerprint256);
  expect((await stat(join(stateDir, 'lan-certificate.json'))).mode & 0o077).toBe(0);
});

test('a stop ends connections that never finish their TLS handshake', async () => {
  const { secureUrl, cert, close } = await lanServer(await bed.folder());
  const { hostname, port } = new URL(secureUrl);
  const mute = connectPlainly(Number(port), hostname);
  mute.on('error', () => {});
  const ended = new Promise((resolve) => mute.once('close', resolve));
  await new Promise((resolve) => mute.once('connect', resolve));
  await handshake(secureUrl, cert);
  await close();
  await ended;
});

test('the certificate is made again for a new address, before it expires, and when its file is damaged', async () => {
  const stateDir = await bed.folder();
  const clock = new ManualServerClock();
  const made = await ownCertificate(stateDir, ['192.168.1.7'], clock);
  expect(await ownCertificate(stateDir, ['192.168.1.7', 'localhost'], clock)).toEqual(made);

  const moved = await ownCertificate(stateDir, ['10.0.0.5'], clock);
  expect(moved.cert).not.toBe(made.cert);
  const parsed = new X509Certificate(moved.cert);
  expect(parsed.checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(parsed.ca).toBe(false);
  expect(Date.parse(parsed.validTo) - clock.epochMs()).toBeLessThan(825 * DAY_MS);

  clock.advance(780 * DAY_MS);
  const renewed = await ownCertificate(stateDir, ['10.0.0.5'], clock);
  expect(renewed.cert).not.toBe(moved.cert);

  for (const damage of ['', '{"cert":1}', '{"cert":"x","key":"y"}']) {
    await writeFile(join(stateDir, 'lan-certificate.json'), damage);
    expect((await ownCertificate(stateDir, ['10.0.0.5'], clock)).cert).toMatch(/BEGIN CERTIFICATE/);
  }
});

test('a certificate of the operator is used as it is; the error about an unusable one says what to check', async () => {
  const folder = await bed.folder();
  const { cert, key } = await ownCertificate(folder, ['127.0.0.1'], serverClock);
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(tlsCert, cert);
  await writeFile(tlsKey, key);
  const server = await bed.server({ tlsCert, tlsKey, httpsPort: 0 });
  expect(server.lan).toEqual({
    isOwnCertificate: false,
    secureUrls: [expect.stringMatching(/^https:\/\/127\.0\.0\.1:/)],
  });
  expect(await get(`${server.lan.secureUrls[0]}healthz`, cert)).toMatchObject({ status: 200 });

  await expect(bed.server({ tlsCert: join(folder, 'missing.pem'), tlsKey, httpsPort: 0 })).rejects.toThrow(
    /no certificate for HTTPS: ENOENT.*Check TLS_CERT and TLS_KEY/,
  );
  await writeFile(tlsKey, 'no key');
  await expect(bed.server({ tlsCert, tlsKey, httpsPort: 0 })).rejects.toThrow(/Check TLS_CERT and TLS_KEY/);
});

test.each(['0.0.0.0', '127.0.0.1'])(
  'outside LAN mode nobody is told an address that the certificate does not name, with HOST=%s',
  async (host) => {
    const folder = await bed.folder();
    const altNames = [{ type: 2 as const, value: '*.play.example' }];
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'Play' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames }],
    });
    const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(tlsCert, cert);
    await writeFile(tlsKey, key);
    const { url } = await bed.server({ host, tlsCert, tlsKey, httpsPort: 0 });
    expect(await (await fetch(`${url}lan.json`)).json()).toEqual({ secureUrls: [], isOwnCertificate: false });
  },
);

test('without LAN or a certificate there is no HTTPS', async () => {
  expect((await bed.server()).lan).toEqual({ secureUrls: [], isOwnCertificate: false });
});
