import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../shared/clock.ts';
import { CONNECTION_TEST } from '../signaling-server/access/turn.ts';
import { keptPort, TestBed } from '../signaling-server/test-server.ts';
import { probeServer } from '../web/net/connection-test/server-probe.ts';

/** The first step of a connection test, against a real server. */
const bed = new TestBed();
afterEach(() => bed.end());

const TURN = { turnUrls: ['turn:turn.example:3478'], turnSecret: 'a-long-secret-for-the-test' };

const probe = (url: string, origin: string | null = null) =>
  probeServer({ url, clock: systemClock, limitMs: 4_000, fetch, origin });

test('a test joins, times a round trip, gets a credential of a minute at most, and leaves', async () => {
  const server = await bed.server(TURN);
  const startS = Date.now() / 1_000;
  const { finding, iceServers, credentialRefusal } = await probe(server.url);
  expect(finding).toMatchObject({ result: 'works', isPolling: false, rttMs: expect.any(Number) });
  expect(credentialRefusal).toBeNull();
  const [relay] = iceServers;
  expect(relay).toMatchObject({ urls: TURN.turnUrls, credential: expect.any(String) });
  expect(Number.parseInt(relay?.username ?? '', 10) - startS).toBeLessThanOrEqual(CONNECTION_TEST.maxValidS + 1);
  const health = async () => (await (await fetch(new URL('healthz', server.url))).json()).counts;
  await expect.poll(health).toMatchObject({ gamers: 0, rooms: 0 });
});

test('an address that tests over and over gets no more credentials, and is told so; the server is tested all the same', async () => {
  const { url } = await bed.server({ ...TURN, limitFactor: 1 });
  const page = bed.page(url);
  await page.join({ room: 'den' });
  for (let count = 0; count < CONNECTION_TEST.perAddress; count++) await page.ask('ice', null);
  const { finding, iceServers, credentialRefusal } = await probe(url);
  expect([finding.result, credentialRefusal]).toEqual(['works', 'too-many']);
  expect(JSON.stringify(iceServers)).not.toContain('credential');
});

test('a relay whose credential does not expire is not given to a test', async () => {
  const { url } = await bed.server({ iceServers: [{ urls: 'turn:fixed.example', username: 'u', credential: 'kept' }] });
  const found = await probe(url);
  expect(found.credentialRefusal).toBe('fixed');
  expect(JSON.stringify(found)).not.toContain('kept');
});

test('a server that is away, and one that answers pages and no sockets, are told apart', async () => {
  const port = await keptPort();
  const url = `http://127.0.0.1:${port}/`;
  expect((await probe(url, new URL(url).origin)).finding).toMatchObject({ result: 'failed', isAnsweringPages: false });
  const pages = createServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? 200 : 400;
    response.end('{}');
  });
  await new Promise<void>((resolve) => void pages.listen(port, '127.0.0.1', resolve));
  try {
    const { finding } = await probe(url, new URL(url).origin);
    expect(finding).toMatchObject({ result: 'failed', reason: 'signaling-unreachable', isAnsweringPages: true });
    expect((await probe(url, 'https://game.example')).finding).toMatchObject({ isAnsweringPages: null });
  } finally {
    pages.closeAllConnections();
    pages.close();
  }
});
