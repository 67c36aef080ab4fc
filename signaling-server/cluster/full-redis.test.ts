import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { RedisStore } from '../store/redis.ts';
import { STORE_LIMITS } from '../store/store.ts';
import { TestRedis } from '../store/test-redis.ts';
import { ManualServerClock } from '../test-clock.ts';
import { eventually, TestBed, type TestPage } from '../test-server.ts';
import { KEYS } from './redis-state.ts';
import { StreamBudget } from './stream-budget.ts';

/**
 * The hour-long attack of one address on the shipped Redis, in seconds: Redis has a fiftieth of its memory, and the server a thirtieth
 * of its bounds. Whatever pages send, the leader's lease, limits, bans and members stay.
 */
const MAX_MEMORY = '16mb';
const BOUNDS = {
  maxStreamBytes: 1024 * 1024,
  waiting: { perMemberBytes: 128 * 1024, perNetworkBytes: 256 * 1024, totalBytes: 1024 * 1024 },
};
/** As large as an offer may be. */
const LARGE_SDP = 'x'.repeat(SIGNALING.maxSdpChars);
/** More than Redis can hold. */
const FLOOD_SIGNALS = 1_500;
const AT_ONCE = 50;
const QUOTA = { room: 'den', network: 'n' };

const bed = new TestBed();
let redis: TestRedis;
let client: Redis;
beforeEach(async () => {
  redis = await TestRedis.start(MAX_MEMORY);
  client = new Redis(redis.url);
});
afterEach(async () => {
  client.disconnect();
  await bed.end();
  await redis.kill();
});

const instance = (overrides = {}) => bed.server({ redisUrl: redis.url, ...overrides }, undefined, { bounds: BOUNDS });

async function memory(): Promise<{ used: number; evicted: number }> {
  const info = `${await client.info('memory')}${await client.info('stats')}`;
  const numberOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { used: numberOf('used_memory'), evicted: numberOf('evicted_keys') };
}

test('a flood of the largest signals evicts no lease, limit or ban, and others can still meet', async () => {
  const { url } = await instance({ limitFactor: 100 });
  const store = new RedisStore(client, new ManualServerClock());
  await store.ban('somebody', new ManualServerClock().epochMs() + 600_000, QUOTA);
  const lease = await client.get(KEYS.lead);

  const flooder = bed.page(url);
  await flooder.join({ room: 'flood' });
  const targets: TestPage[] = [];
  for (let count = 0; count < 8; count++) targets.push(bed.page(url));
  const ids: string[] = [];
  for (const target of targets) ids.push((await target.join({ room: 'flood', role: 'volunteer' })).id);
  // Half of them are away, so that what is sent to them waits.
  for (const target of targets.slice(0, 4)) target.socket.io.engine.close();
  await flooder.caughtUp();
  const refusals = new Set<string>();
  const send = async (attempt: number) => {
    const answer = await flooder.signal(ids[attempt % ids.length] ?? '', attempt >> 3, LARGE_SDP);
    if (!answer.ok) refusals.add(answer.error.reason);
  };
  const flood = (async () => {
    for (let sent = 0; sent < FLOOD_SIGNALS; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => send(sent + index)));
    }
  })();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  await gamer.join({ room: 'den' });
  const { id, introductions } = await volunteer.join({ room: 'den', role: 'volunteer' });
  expect(introductions).toHaveLength(1);
  await flood;

  expect(await gamer.signal(id)).toEqual({ ok: true, value: null });
  await eventually('the signal arrives', () => volunteer.signals.length === 1);
  expect([...refusals].filter((reason) => reason !== 'queue-full')).toEqual([]);
  expect(await client.get(KEYS.lead), 'the same leader').toBe(lease);
  expect(await store.isBanned('somebody')).toBe(true);
  expect((await client.keys('p2c2r:limit:*')).length).toBeGreaterThan(0);
  expect(await client.hlen(KEYS.members)).toBe(11);
  const { used, evicted } = await memory();
  expect(evicted).toBe(0);
  expect(used).toBeLessThan(12 * 1024 * 1024);
});

test('waiting signals are stored apart from member records, with a limit for each sender and in total', async () => {
  const { url } = await instance();
  const flooder = bed.page(url);
  const { id: from } = await flooder.join({ room: 'flood' });
  const away = bed.page(url);
  const { id } = await away.join({ room: 'flood', role: 'volunteer' });
  away.socket.io.engine.close();
  await flooder.caughtUp();
  await eventually('it waits', async () => {
    await flooder.signal(id, 1, LARGE_SDP);
    return (await client.hlen(KEYS.waiting)) === 1;
  });
  const candidate = (size: number) => ({ type: 'candidate', candidate: { candidate: 'c'.repeat(size) } });
  const answers = [];
  for (let count = 0; count < 12; count++) {
    answers.push(await flooder.ask('signal', { to: id, attempt: 1, signal: { type: 'answer', sdp: LARGE_SDP } }));
  }
  expect(answers.at(-1)).toMatchObject({ ok: false, error: { reason: 'queue-full' } });
  expect(await client.hstrlen(KEYS.waiting, id)).toBeLessThan(BOUNDS.waiting.perMemberBytes);
  expect(await client.hget(KEYS.members, id)).not.toContain('xxxx');
  // A newer attempt takes the place of the older one.
  expect(await flooder.ask('signal', { to: id, attempt: 2, signal: candidate(100) })).toMatchObject({ ok: true });
  const back = bed.page(url, away.sessionKey);
  await back.join({ room: 'flood', role: 'volunteer' });
  await eventually('it is told', () => back.signals.length === 1);
  expect(back.signals).toMatchObject([{ from, attempt: 2 }]);
  await eventually('nothing waits any longer', async () => (await client.hlen(KEYS.waiting)) === 0);
});

test('when something else has filled Redis, a leader is still elected and keeps its lease, members and bans', async () => {
  const clock = new ManualServerClock();
  for (let count = 0; (await memory()).used < 15 * 1024 * 1024; count++) {
    await client.set(`foreign:${count}`, 'x'.repeat(64 * 1024));
  }
  await client.config('SET', 'maxmemory', '8mb');
  await expect(client.set('one more', 'x')).rejects.toThrow(/OOM/);
  const first = await instance();
  expect(await client.get(KEYS.lead)).not.toBeNull();
  const store = new RedisStore(client, clock);
  await store.ban('somebody', clock.epochMs() + 600_000, QUOTA);
  expect(await store.isBanned('somebody')).toBe(true);
  const lease = await client.get(KEYS.lead);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(await client.get(KEYS.lead), 'after two heartbeats').toBe(lease);
  await first.close();
  await instance();
  expect(await client.get(KEYS.lead), 'its successor').not.toBe(lease);
});

test('reputations, partners and accusations are forgotten past a bound, the least recently used first', async () => {
  const limits = { ...STORE_LIMITS, maxReputations: 3, maxGamers: 2, maxRoomsWithAccused: 2 };
  const store = new RedisStore(client, new ManualServerClock(), limits);
  const report = { completed: 1, failed: 0, rttMs: 5 };
  for (const index of [0, 1, 2, 3, 1, 4])
    await store.record({ gamerId: `g${index}`, network: `n${index}` }, `v${index}`, report);
  const completed = async (id: string) => (await store.reputation(id)).completed;
  expect(await Promise.all(['v0', 'v1', 'v2', 'v3', 'v4'].map(completed))).toEqual([0, 2, 0, 1, 1]);
  expect((await store.partners('g3')).size).toBe(0);
  expect((await store.partners('g4')).size).toBe(1);
  for (const room of ['a', 'b', 'c']) await store.accuse(room, 'g', 'v');
  expect((await store.accused('a')).size).toBe(0);
  expect((await store.accused('c')).size).toBe(1);
  const keys = await client.keys('*');
  for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0);
  // Three volunteers, two gamers and two rooms with what belongs to each, and an index of each.
  expect(keys).toHaveLength(2 * 3 + 2 * 2 + 2 * 2 + 3);
});

test('the stream is trimmed to half of its bytes and keeps the newest entries', () => {
  const budget = new StreamBudget(10_000);
  for (let count = 0; count < 9; count++) expect(budget.added(1, 700)).toBeNull();
  expect(budget.added(2, 700)).toBe(5);
  expect(budget.added(1, 700)).toBeNull();
  expect(budget.added(1, 20_000), 'what was just sent stays, however large').toBe(1);
});
