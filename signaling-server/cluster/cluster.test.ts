import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { TestIdentity } from '../access/test-identity.ts';
import type { Config } from '../boot/settings.ts';
import { LIMITS } from '../sockets/limits.ts';
import { TestRedis } from '../store/test-redis.ts';
import { ManualServerClock } from '../test-clock.ts';
import { eventually, IDLE_STATUS, TestBed, type TestPage } from '../test-server.ts';

/** Several instances over a real Redis act as one, whichever instance holds a page's socket, and whichever instance stops. */
const bed = new TestBed();
let redis: TestRedis;
let clock: ManualServerClock;
beforeEach(async () => {
  redis = await TestRedis.start();
  clock = new ManualServerClock();
});
afterEach(async () => {
  await bed.end();
  await redis.kill();
});

const instance = (overrides: Partial<Config> = {}) => bed.server({ redisUrl: redis.url, ...overrides }, clock);

async function three(overrides: Partial<Config> = {}) {
  // The first to start is the leader.
  const first = await instance(overrides);
  const [second, third] = await Promise.all([instance(overrides), instance(overrides)]);
  return [first, second, third] as const;
}

const until = (what: string, page: TestPage, holds: () => boolean) =>
  eventually(what, async () => {
    await page.caughtUp();
    return holds();
  });

const counts = async (url: string) => (await (await fetch(`${url}healthz`)).json()).counts;

test('pages at different instances meet, signal and leave; the leader counts the rooms, each instance its own sockets', async () => {
  const [first, second, third] = await three();
  const [gamer, volunteer] = [bed.page(second.url), bed.page(third.url)];
  const { id: gamerId } = await gamer.join({ room: 'den' });
  const { id: volunteerId, introductions } = await volunteer.join({ room: 'den', role: 'volunteer' });
  expect(introductions).toMatchObject([{ peerId: gamerId, initiate: false }]);
  await until('the gamer is told', gamer, () => gamer.introductions.length === 1);
  expect(await gamer.signal(volunteerId, 0, 'v=0')).toEqual({ ok: true, value: null });
  await until('the signal arrives', volunteer, () => volunteer.signals.length === 1);
  expect(volunteer.signals).toMatchObject([{ from: gamerId, signal: { sdp: 'v=0' } }]);
  expect(await volunteer.ask('status', IDLE_STATUS)).toMatchObject({ ok: true });
  expect(await volunteer.ask('lobby', { open: false })).toMatchObject({ error: { reason: 'malformed' } });
  expect(await Promise.all([first, second, third].map(({ url }) => counts(url)))).toEqual([
    { sockets: 0, rooms: 1, gamers: 1, volunteers: 1 },
    ...Array(2).fill({ sockets: 1, rooms: 0, gamers: 0, volunteers: 0 }),
  ]);
  expect(await gamer.ask('leave')).toEqual({ ok: true, value: null });
  await until('the volunteer is told', volunteer, () => volunteer.farewells.length === 1);
  expect(volunteer.farewells).toEqual([{ peerId: gamerId, why: 'left' }]);
});

test('a message nested too deeply to be passed on is refused where it arrives, before it waits for a leader', async () => {
  const [, second] = await three();
  const page = bed.page(second.url);
  await page.join();
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  // Our client could not serialize it either.
  page.socket.io.engine.send(`299["link",${deep}]`);
  expect(await page.ask('link', { outcome: 'direct' })).toMatchObject({ ok: true });
  const metrics = await (await fetch(`${second.url}metrics`)).text();
  expect(metrics).toContain('p2c2r_refusals_total{event="link",reason="malformed"} 1');
});

test('a session resumes at any instance with its queued events; its older socket at another instance is told and ended', async () => {
  const [, second, third] = await three();
  const [gamer, volunteer] = [bed.page(second.url), bed.page(second.url)];
  await gamer.join({ room: 'den' });
  const { id } = await volunteer.join({ room: 'den', role: 'volunteer' });
  volunteer.socket.io.engine.close();
  await eventually('the loss is noticed', async () => (await counts(second.url)).sockets === 1);
  await until('the leader knows it', gamer, () => true);
  expect(await gamer.signal(id)).toMatchObject({ ok: true });
  const back = bed.page(third.url, volunteer.sessionKey);
  expect(await back.join({ room: 'den', role: 'volunteer' })).toMatchObject({ id, resumed: true });
  await until('the queued signal arrives', back, () => back.signals.length === 1);

  const newer = bed.page(second.url, volunteer.sessionKey);
  expect(await newer.join({ role: 'volunteer' }), 'without naming a room it returns to its own').toMatchObject({
    room: 'den',
    resumed: true,
  });
  expect(await back.ended).toBe('io server disconnect');
  expect(back.farewells).toEqual([{ peerId: id, why: 'replaced' }]);
  expect(gamer.farewells).toEqual([]);
});

test('when the leader stops another takes over: pages of other instances keep their sockets, peers and history', async () => {
  const [first, second, third] = await three({ lobby: true });
  const [gamer, volunteer, away] = [bed.page(second.url), bed.page(third.url), bed.page(first.url)];
  const identity = await TestIdentity.make();
  const { id: gamerId } = await gamer.join({ room: 'den', lobby: true });
  const volunteerId = await identity.join(volunteer, third.url, { room: 'den' });
  const { id: awayId } = await away.join({ role: 'volunteer', lobby: true });
  await until('all are told', gamer, () => gamer.introductions.length === 2);
  await gamer.ask('report', { volunteerId, completed: 9, failed: 0, rttMs: 3 });
  await first.close();

  expect(await gamer.signal(volunteerId)).toMatchObject({ ok: true });
  await until('the signal arrives', volunteer, () => volunteer.signals.length === 1);
  expect(await gamer.signal(awayId), 'is queued for the member whose socket was lost').toMatchObject({ ok: true });
  const back = bed.page(second.url, away.sessionKey);
  const joined = await back.join({ role: 'volunteer', lobby: true });
  expect(joined).toMatchObject({ id: awayId, resumed: true, introductions: [{ peerId: gamerId }] });
  await until('the queued signal arrives', back, () => back.signals.length === 1);
  expect(gamer.farewells).toEqual([]);

  const other = bed.page(third.url);
  const { introductions } = await other.join({ room: 'den', lobby: true });
  const scores = introductions.map(({ score }) => score);
  expect(introductions[0]?.peerId).toBe(volunteerId);
  expect(scores[0], 'its history is kept').toBeGreaterThan(scores[1] ?? 1);
});

test('a member that does not return to the new leader expires there, and is deleted from Redis', async () => {
  const [first, second] = await three();
  const [gamer, volunteer] = [bed.page(second.url), bed.page(first.url)];
  await gamer.join({ room: 'den' });
  const { id } = await volunteer.join({ room: 'den', role: 'volunteer' });
  await first.close();
  expect(await gamer.ask('link', { outcome: 'direct' }), 'the new leader answers').toMatchObject({ ok: true });
  clock.advance(SIGNALING.resumeGraceMs);
  await until('the gamer is told', gamer, () => gamer.farewells.length === 1);
  expect(gamer.farewells).toEqual([{ peerId: id, why: 'expired' }]);
  const client = new Redis(redis.url);
  expect(await client.hlen('p2c2r:members')).toBe(1);
  const keys = await client.keys('*');
  for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0);
  client.disconnect();
});

test('limits count all instances together', async () => {
  const [first, second] = await three({ limitFactor: 1 });
  const sessionKey = bed.page(first.url).sessionKey;
  const answers = [];
  for (let times = 0; times <= LIMITS.joinsPerSession; times++) {
    answers.push(await bed.page(times % 2 ? first.url : second.url, sessionKey).tryJoin());
  }
  expect(answers.slice(0, -1).every(({ ok }) => ok)).toBe(true);
  expect(answers.at(-1)).toMatchObject({ ok: false, error: { reason: 'rate-limited' } });
});

test('a single-use invite is used up at all instances', async () => {
  const [first, second, third] = await three();
  const owner = bed.page(first.url);
  await owner.join({ inviteOnly: true });
  const made = await owner.ask<{ token: string }>('invite', { role: 'volunteer', expiresInS: 60, uses: 1 });
  const invite = made.ok ? made.value.token : '';
  expect(await bed.page(second.url).tryJoin({ role: 'volunteer', invite })).toMatchObject({ ok: true });
  expect(await bed.page(third.url).tryJoin({ role: 'volunteer', invite })).toMatchObject({
    error: { reason: 'not-invited' },
  });
});

test('without Redis no page joins and /readyz says why; when it is back, empty, pages rejoin and meet again', async () => {
  const [, second, third] = await three();
  const [gamer, volunteer] = [bed.page(second.url), bed.page(third.url)];
  await gamer.join({ room: 'den' });
  const { id } = await volunteer.join({ room: 'den', role: 'volunteer' });
  await redis.kill();
  await eventually('the loss is reported', async () => (await fetch(`${second.url}readyz`)).status === 503);
  expect(await (await fetch(`${second.url}readyz`)).text()).toContain('Redis is lost');
  expect(await (await fetch(`${second.url}healthz`)).json()).toMatchObject({ status: 'ok' });
  expect([gamer.socket.connected, volunteer.socket.connected], 'sockets stay open').toEqual([true, true]);

  await redis.startAgain();
  // After this reason pages reconnect.
  expect(await Promise.all([gamer.ended, volunteer.ended])).toEqual(['transport close', 'transport close']);
  await eventually('it is ready again', async () => (await fetch(`${second.url}readyz`)).ok);
  const [gamerBack, volunteerBack] = [
    bed.page(third.url, gamer.sessionKey),
    bed.page(second.url, volunteer.sessionKey),
  ];
  await gamerBack.join({ room: 'den' });
  expect(await volunteerBack.join({ room: 'den', role: 'volunteer' })).toMatchObject({ id, resumed: false });
  await until('they are introduced', gamerBack, () => gamerBack.introductions.length === 1);
});

test('a server that cannot reach its Redis says so and does not start', async () => {
  await redis.kill();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let isOver = false;
    const starting = instance().finally(() => {
      isOver = true;
    });
    const refused = { name: 'StartError', message: expect.stringMatching(/REDIS_URL/) };
    const checked = expect(starting).rejects.toMatchObject(refused);
    // Real I/O has its turn between the steps of the fake clock.
    while (!isOver) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await checked;
  } finally {
    vi.useRealTimers();
  }
});

test('the capacity of a room counts members at all instances', async () => {
  const [first, second, third] = await three({ roomCapacity: 2 });
  await bed.page(first.url).join({ room: 'den' });
  await bed.page(second.url).join({ room: 'den' });
  expect(await bed.page(third.url).tryJoin({ room: 'den' })).toMatchObject({ error: { reason: 'room-full' } });
});

test('an empty invite-only room cannot be entered by name at any instance, and its pass restores it after a change of leader', async () => {
  const [first, second, third] = await three();
  const owner = bed.page(second.url);
  const { room, pass } = await owner.join({ inviteOnly: true });
  const made = await owner.ask<{ token: string }>('invite', { role: 'volunteer', expiresInS: 600 });
  const invite = made.ok ? made.value.token : '';
  await owner.ask('leave');
  const squatter = bed.page(third.url);
  expect(await squatter.join({ room, inviteOnly: true })).toMatchObject({ owner: true });
  await first.close();
  const back = bed.page(second.url, owner.sessionKey);
  expect(await back.join({ room, invite: pass })).toMatchObject({ owner: true, introductions: [] });
  const { introductions } = await bed.page(third.url).join({ room, role: 'volunteer', invite });
  expect(introductions).toHaveLength(1);
  await squatter.caughtUp();
  expect(squatter.introductions).toEqual([]);
});

test('Redis holds neither an address nor a session’s key', async () => {
  const turn = { turnUrls: ['turn:turn.example'], turnSecret: 'north-of-the-river' };
  const first = await instance({ limitFactor: 1, trustedProxies: 1, ...turn });
  const page = bed.page(first.url, undefined, { 'x-forwarded-for': '192.0.2.123' });
  await page.join({ inviteOnly: true });
  expect(await page.ask('ice')).toMatchObject({ ok: true });
  await bed.page(first.url, undefined, { 'x-forwarded-for': '192.0.2.123' }).tryJoin({ invite: 'nonsense' });
  const client = new Redis(redis.url);
  const keys = await client.keys('*');
  const values = [...Object.values(await client.hgetall('p2c2r:members')), await client.get('p2c2r:outbox')];
  client.disconnect();
  for (const limit of ['joins address', 'wrong invites', 'connection tests']) {
    expect(
      keys.some((key) => key.startsWith(`p2c2r:limit:${limit}`)),
      limit,
    ).toBe(true);
  }
  for (const secret of ['192.0.2', page.sessionKey]) expect([...keys, ...values].join(' ')).not.toContain(secret);
});
