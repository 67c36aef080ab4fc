import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { serverStatusSchema } from '../../shared/server-status.ts';
import { eventually, IDLE_STATUS, newSessionKey, TestBed } from '../test-server.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const TOKEN = 'the token of an operator';

/** A GET request with any headers; `fetch` does not allow a Host header. */
function get(url: string, headers: Record<string, string>): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
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

async function metric(url: string, line: string): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((row) => row.startsWith(`${line} `))
      ?.slice(line.length),
  );
}

test('metrics and status count what happens', async () => {
  const { url } = await bed.server();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { room } = await gamer.join();
  const { id } = await volunteer.join({ room, role: 'volunteer' });
  await gamer.caughtUp();
  await gamer.signal(id);
  await gamer.ask('link', { outcome: 'direct' });
  await gamer.ask('link', { outcome: 'failed' });
  await bed.page(url, gamer.sessionKey).join({ room });

  const response = await fetch(`${url}metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await metric(url, 'p2c2r_sockets')).toBe(2);
  expect(await metric(url, 'p2c2r_rooms')).toBe(1);
  expect(await metric(url, 'p2c2r_gamers')).toBe(1);
  expect(await metric(url, 'p2c2r_joins_total{resumed="no"}')).toBe(2);
  expect(await metric(url, 'p2c2r_joins_total{resumed="yes"}')).toBe(1);
  expect(await metric(url, 'p2c2r_join_seconds_count')).toBe(3);
  expect(await metric(url, 'p2c2r_matches_total')).toBe(1);
  expect(await metric(url, 'p2c2r_signals_total')).toBe(1);
  expect(await metric(url, 'p2c2r_links_total{outcome="direct"}')).toBe(1);
  expect(await metric(url, 'p2c2r_refusals_total{event="unknown",reason="malformed"}')).toBe(1);

  const status = serverStatusSchema.parse(await (await fetch(`${url}status.json`)).json());
  expect(status).toMatchObject({
    draining: false,
    now: { sockets: 2, rooms: 1, gamers: 1, volunteers: 1 },
    joins: { fresh: 2, resumed: 1 },
    matches: 1,
    signals: 1,
    links: { direct: 1, relay: 0, failed: 1 },
    refusals: [{ event: 'unknown', reason: 'malformed', count: 1 }],
  });
  expect(status.joins.totalS).toBeGreaterThan(0);
});

test('every refusal is counted by event and reason', async () => {
  const { url } = await bed.server({ roomCapacity: 1 });
  await bed.page(url).join({ room: 'den' });
  const late = bed.page(url);
  await late.tryJoin({ room: 'den' });
  await late.ask('status', IDLE_STATUS);
  await expect(bed.page(url, newSessionKey(), { origin: 'https://evil.example' }).join()).rejects.toThrow();
  expect(await metric(url, 'p2c2r_refusals_total{event="join",reason="room-full"}')).toBe(1);
  expect(await metric(url, 'p2c2r_refusals_total{event="status",reason="not-invited"}')).toBe(1);
  expect(await metric(url, 'p2c2r_refusals_total{event="connect",reason="origin"}')).toBe(1);
});

test('only gamers report link outcomes, and only known ones', async () => {
  const { url } = await bed.server();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  await gamer.join();
  await volunteer.join({ role: 'volunteer' });
  for (const [page, outcome] of [
    [volunteer, 'direct'],
    [gamer, 'teleported'],
  ] as const) {
    expect(await page.ask('link', { outcome })).toMatchObject({ error: { reason: 'malformed' } });
  }
});

test.each(['metrics', 'status.json'])('/%s is only for this machine and for requests with the token', async (path) => {
  const { url } = await bed.server({ operatorToken: TOKEN, allowedHosts: ['play.example.org'] });
  const fromElsewhere = { host: 'play.example.org', 'x-forwarded-for': '192.0.2.9' };
  const ask = async (headers: Record<string, string>) => (await get(url + path, headers)).status;
  expect(await ask({})).toBe(200);
  expect(await ask(fromElsewhere)).toBe(401);
  expect(await ask({ ...fromElsewhere, authorization: `Bearer ${TOKEN}` })).toBe(200);
  for (const authorization of ['Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
    const { status, body } = await get(url + path, { ...fromElsewhere, authorization });
    expect([status, body.includes('p2c2r')], authorization).toEqual([401, false]);
  }
});

test('without OPERATOR_TOKEN other machines get no metrics, but learn what to set', async () => {
  const { url } = await bed.server({ allowedHosts: ['play.example.org'] });
  const answer = await get(`${url}metrics`, { host: 'play.example.org', authorization: 'Bearer ' });
  expect(answer).toEqual({ status: 403, body: expect.stringContaining('OPERATOR_TOKEN') });
});

test('while the server drains it keeps serving and reports that it is not ready', async () => {
  const { url, close } = await bed.server({ drainDelayS: 1 });
  expect((await fetch(`${url}readyz`)).status).toBe(200);
  const closing = close();
  expect((await fetch(`${url}readyz`)).status).toBe(503);
  expect(await metric(url, 'p2c2r_draining')).toBe(1);
  await bed.page(url).join();
  await closing;
  await eventually('the server is gone', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
});
