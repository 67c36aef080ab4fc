import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { COORDINATOR, STORE } from '../tuning.ts';
import { FileStore } from './file.ts';
import { MemoryStore } from './memory.ts';
import { RedisStore } from './redis.ts';
import type { Store } from './store.ts';
import { TestRedis } from './test-redis.ts';

/** What the coordinator relies on, wherever things are remembered. */
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

  test('reports add up to a reputation, and make partners', async () => {
    expect(await store.reputation('v')).toEqual({ completed: 0, failed: 0 });
    await store.record('g', 'v', { completed: 3, failed: 1, rttMs: 9.5 });
    await store.record('h', 'v', { completed: 2, failed: 0, rttMs: 4 });
    expect(await store.reputation('v')).toEqual({ completed: 5, failed: 1 });
    expect(await store.partners('g')).toEqual(new Map([['v', 9.5]]));
    expect(await store.partners('nobody')).toEqual(new Map());
  });

  test('what is remembered of one gamer is bounded, newest kept', async () => {
    for (let index = 0; index <= COORDINATOR.maxPartnersPerGamer; index++) {
      await store.record('g', `v${index}`, { completed: 1, failed: 0, rttMs: 1 });
    }
    const partners = await store.partners('g');
    expect(partners.size).toBe(COORDINATOR.maxPartnersPerGamer);
    expect(partners.has('v0')).toBe(false);
  });

  test('uses are counted by session; when too many invites are counted new ones are refused until old ones expire', async () => {
    const invite = (id: string) => ({ id, maxUses: 2, expiresAtMs: clock.epochMs() + 600_000 });
    const first = invite('first');
    expect(await store.useInvite(first, 'a')).toBe(true);
    expect(await store.useInvite(first, 'a')).toBe(true);
    expect(await store.useInvite(first, 'b')).toBe(true);
    expect(await store.useInvite(first, 'c')).toBe(false);
    const others = Array.from({ length: COORDINATOR.maxCountedInvites - 1 }, (_, index) => invite(`i${index}`));
    await Promise.all(others.map((one) => store.useInvite(one, 'a')));
    await expect(store.useInvite(invite('one more'), 'a')).rejects.toMatchObject({ reason: 'rate-limited' });
    expect(await store.useInvite(first, 'c'), 'nothing was forgotten').toBe(false);
    clock.advance(600_000);
    expect(await store.useInvite(invite('one more'), 'a')).toBe(true);
  });

  test('a gamer counts once against a volunteer, in its room only; how many are counted is bounded', async () => {
    await store.accuse('den', 'g', 'v');
    await store.accuse('den', 'g', 'v');
    expect(await store.accused('den')).toEqual(new Map([['v', new Set(['g'])]]));
    expect(await store.accused('elsewhere')).toEqual(new Map());
    for (let index = 0; index < COORDINATOR.maxAccusers; index++) await store.accuse('den', `g${index}`, 'v');
    expect((await store.accused('den')).get('v')?.size).toBe(COORDINATOR.maxAccusers);
    for (let index = 0; index < COORDINATOR.maxAccusedPerRoom; index++) await store.accuse('den', 'g', `v${index}`);
    const accused = await store.accused('den');
    expect([accused.size, accused.has('v')]).toEqual([COORDINATOR.maxAccusedPerRoom, false]);
  });
});

test('everything in Redis ends by itself, and no key names a room', async () => {
  const store = new RedisStore(redis, clock);
  await store.record('g', 'v', { completed: 1, failed: 0, rttMs: 1 });
  await store.accuse('open secret den', 'g', 'v');
  await store.useInvite({ id: 'i', maxUses: 1, expiresAtMs: clock.epochMs() + 1_000 }, 's');
  const keys = await redis.keys('*');
  expect(keys).toHaveLength(7);
  const livesS = await Promise.all(keys.map((key) => redis.ttl(key)));
  for (const lifeS of livesS) {
    expect(lifeS).toBeGreaterThanOrEqual(0);
    expect(lifeS).toBeLessThanOrEqual(STORE.reputationTtlS);
  }
  expect(keys.join()).not.toContain('secret den');
});
