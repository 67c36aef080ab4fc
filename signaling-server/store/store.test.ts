import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { FileStore } from './file.ts';
import { MemoryStore } from './memory.ts';
import { REPUTATION_TTL_S, RedisStore } from './redis.ts';
import { STORE_LIMITS, type Store } from './store.ts';
import { TestRedis } from './test-redis.ts';

/** What the coordinator relies on, with each of the stores. */
let server: TestRedis;
let redis: Redis;
const clock = new ManualServerClock();

beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.kill();
});

const KINDS: [string, () => Promise<{ store: Store; end(): Promise<void> }>][] = [
  ['in memory', async () => ({ store: new MemoryStore(clock), end: async () => {} })],
  ['in a file', inFile],
  ['in Redis', async () => ({ store: new RedisStore(redis, clock), end: async () => void (await redis.flushall()) })],
];

async function inFile() {
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-store-'));
  const store = await FileStore.open(folder, clock, pino({ level: 'silent' }));
  const end = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, end };
}

describe.each(KINDS)('a store %s', (_, open) => {
  let store: Store;
  beforeEach(async () => {
    const opened = await open();
    store = opened.store;
    return opened.end;
  });

  test('reports add up to a reputation, and are remembered as partners', async () => {
    expect(await store.reputation('v')).toEqual({ completed: 0, failed: 0 });
    await store.record('g', 'v', { completed: 3, failed: 1, rttMs: 9.5 });
    await store.record('h', 'v', { completed: 2, failed: 0, rttMs: 4 });
    expect(await store.reputation('v')).toEqual({ completed: 5, failed: 1 });
    expect(await store.partners('g')).toEqual(new Map([['v', 9.5]]));
    expect(await store.partners('nobody')).toEqual(new Map());
  });

  test('the partners of one gamer are bounded, and the newest are kept', async () => {
    for (let index = 0; index <= STORE_LIMITS.maxPartnersPerGamer; index++) {
      await store.record('g', `v${index}`, { completed: 1, failed: 0, rttMs: 1 });
    }
    const partners = await store.partners('g');
    expect(partners.size).toBe(STORE_LIMITS.maxPartnersPerGamer);
    expect(partners.has('v0')).toBe(false);
  });

  test('uses are counted by session; when too many invites are counted, new ones are refused until old ones expire', async () => {
    const invite = (id: string) => ({ id, maxUses: 2, expiresAtMs: clock.epochMs() + 600_000 });
    const first = invite('first');
    expect(await store.useInvite(first, 'a')).toBe(true);
    expect(await store.useInvite(first, 'a')).toBe(true);
    expect(await store.useInvite(first, 'b')).toBe(true);
    expect(await store.useInvite(first, 'c')).toBe(false);
    const others = Array.from({ length: STORE_LIMITS.maxCountedInvites - 1 }, (_, index) => invite(`i${index}`));
    await Promise.all(others.map((one) => store.useInvite(one, 'a')));
    await expect(store.useInvite(invite('one more'), 'a')).rejects.toMatchObject({ reason: 'rate-limited' });
    expect(await store.useInvite(first, 'c'), 'no invite was forgotten').toBe(false);
    clock.advance(600_000);
    expect(await store.useInvite(invite('one more'), 'a')).toBe(true);
  });

  test('a ban ends at its time and can be extended; when too many are in force new ones are refused until old ones expire', async () => {
    const inS = (seconds: number) => clock.epochMs() + seconds * 1_000;
    expect(await store.isBanned('a')).toBe(false);
    await store.ban('a', inS(10));
    await store.ban('a', inS(20));
    await store.ban('a', inS(5));
    expect([await store.isBanned('a'), await store.isBanned('b')]).toEqual([true, false]);
    clock.advance(19_000);
    expect(await store.isBanned('a'), 'the longest ban counts').toBe(true);
    clock.advance(1_000);
    expect(await store.isBanned('a')).toBe(false);

    await Promise.all(Array.from({ length: STORE_LIMITS.maxBans }, (_, index) => store.ban(`b${index}`, inS(600))));
    await expect(store.ban('one more', inS(600))).rejects.toMatchObject({ reason: 'rate-limited' });
    await store.ban('b0', inS(601));
    expect(await store.isBanned('b1'), 'no ban was forgotten').toBe(true);
    clock.advance(600_000);
    await store.ban('one more', inS(600));
    expect([await store.isBanned('one more'), await store.isBanned('b1')]).toEqual([true, false]);
  });

  test('a gamer counts once against a volunteer, in its room only; the accusers of one volunteer are bounded', async () => {
    await store.accuse('den', 'g', 'v');
    await store.accuse('den', 'g', 'v');
    expect(await store.accused('den')).toEqual(new Map([['v', new Set(['g'])]]));
    expect(await store.accused('elsewhere')).toEqual(new Map());
    for (let index = 0; index < STORE_LIMITS.maxAccusers; index++) await store.accuse('den', `g${index}`, 'v');
    expect((await store.accused('den')).get('v')?.size).toBe(STORE_LIMITS.maxAccusers);
    for (let index = 0; index < STORE_LIMITS.maxAccusedPerRoom; index++) await store.accuse('den', 'g', `v${index}`);
    const accused = await store.accused('den');
    expect([accused.size, accused.has('v')]).toEqual([STORE_LIMITS.maxAccusedPerRoom, false]);
  });
});

test('every key in Redis expires, and none names a room', async () => {
  const store = new RedisStore(redis, clock);
  await store.record('g', 'v', { completed: 1, failed: 0, rttMs: 1 });
  await store.accuse('open secret den', 'g', 'v');
  await store.useInvite({ id: 'i', maxUses: 1, expiresAtMs: clock.epochMs() + 1_000 }, 's');
  await store.ban('b', clock.epochMs() + 1_000);
  const keys = await redis.keys('*');
  expect(keys).toHaveLength(11);
  const livesS = await Promise.all(keys.map((key) => redis.ttl(key)));
  for (const lifeS of livesS) {
    expect(lifeS).toBeGreaterThanOrEqual(0);
    expect(lifeS).toBeLessThanOrEqual(REPUTATION_TTL_S);
  }
  expect(keys.join()).not.toContain('secret den');
});
