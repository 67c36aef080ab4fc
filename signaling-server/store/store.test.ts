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
import { ENDED_CODE_KEPT_MS, type Quota, STORE_LIMITS, type Store } from './store.ts';
import { TestRedis } from './test-redis.ts';

const by = (gamerId: string, network = `network of ${gamerId}`) => ({ gamerId, network });
const quota = { room: 'invited r', network: 'n' };

/** What the coordinator relies on, with each of the stores. */
let server: TestRedis;
let redis: Redis;
const clock = new ManualServerClock();
const code = (id: string, endsInS: number, maker = 'maker') => ({
  ...{ id, maker, sealed: 'sealed' },
  endsAtMs: clock.epochMs() + endsInS * 1_000,
});

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
  const known = (...ids: string[]) => Promise.all(ids.map(async (id) => (await store.codeOf(id)) !== null));

  test('reports add up to a reputation, and are remembered as partners', async () => {
    expect(await store.reputation('v')).toEqual({ completed: 0, failed: 0 });
    await store.record(by('g'), 'v', { completed: 3, failed: 1, rttMs: 9.5 });
    await store.record(by('h'), 'v', { completed: 2, failed: 0, rttMs: 4 });
    expect(await store.reputation('v')).toEqual({ completed: 5, failed: 1 });
    expect(await store.partners('g')).toEqual(new Map([['v', 9.5]]));
    expect(await store.partners('nobody')).toEqual(new Map());
  });

  test('the partners of one gamer are bounded, and the newest are kept', async () => {
    for (let index = 0; index <= STORE_LIMITS.maxPartnersPerGamer; index++) {
      await store.record(by('g'), `v${index}`, { completed: 1, failed: 0, rttMs: 1 });
    }
    const partners = await store.partners('g');
    expect(partners.size).toBe(STORE_LIMITS.maxPartnersPerGamer);
    expect(partners.has('v0')).toBe(false);
  });

  test('all reports from one network together carry a fixed weight: a million failures cannot ruin a volunteer, and a million successes cannot make one', async () => {
    for (const gamer of ['g', 'h', 'i']) await store.record(by(gamer), 'v', { completed: 50, failed: 0, rttMs: 1 });
    const liar = 'network of a liar';
    for (let times = 0; times < 20; times++) {
      await store.record(by(`liar ${times}`, liar), 'v', { completed: 0, failed: 1_000_000, rttMs: 1 });
      await store.record(by(`liar ${times}`, liar), 'friend', { completed: 1_000_000, failed: 0, rttMs: 1 });
    }
    expect(await store.reputation('v')).toEqual({ completed: 15, failed: 5 });
    expect(await store.reputation('friend')).toEqual({ completed: 5, failed: 0 });
  });

  test('of one network’s reports the newer count for more, and of the networks the newest are kept', async () => {
    const report = (completed: number, failed: number) => ({ completed, failed, rttMs: 1 });
    await store.record(by('g'), 'v', report(150, 50));
    for (let times = 0; times < 8; times++) await store.record(by('g'), 'v', report(200, 0));
    const { completed, failed } = await store.reputation('v');
    expect(completed + failed).toBeCloseTo(5, 5);
    expect(failed).toBeLessThan(0.05);
    for (let index = 0; index < STORE_LIMITS.maxNetworksPerVolunteer; index++) {
      await store.record(by(`g${index}`), 'w', report(0, 5));
    }
    await store.record(by('g0'), 'w', report(0, 1));
    await store.record(by('newest'), 'w', report(5, 0));
    expect(await store.reputation('w')).toEqual({
      completed: 5,
      failed: 5 * (STORE_LIMITS.maxNetworksPerVolunteer - 1),
    });
  });

  test('uses are counted by session, and forgotten when the invite expires', async () => {
    const invite = { id: 'first', maxUses: 2, expiresAtMs: clock.epochMs() + 600_000 };
    const use = (session: string) => store.useInvite(invite, session, quota);
    expect([await use('a'), await use('a'), await use('b'), await use('c')]).toEqual([true, true, true, false]);
  });

  test('a room or network that reached its limit of counted uses does not affect others', async () => {
    const invite = (id: string) => ({ id, maxUses: 1_000, expiresAtMs: clock.epochMs() + 600_000 });
    const fill = async (of: string, most: number, quotaOf: (index: number) => { room: string; network: string }) => {
      const all = Array.from({ length: most }, (_, index) =>
        store.useInvite(invite(`${of}${index % 10}`), `s${index}`, quotaOf(index)),
      );
      await Promise.all(all);
    };
    const full = (what: RegExp) => ({ reason: 'rate-limited', message: expect.stringMatching(what) });
    const { maxUsesPerRoom, maxUsesPerNetwork } = STORE_LIMITS;
    await fill('i', maxUsesPerRoom, (index) => ({ room: 'flooded', network: `n${index}` }));
    const inFlooded = { room: 'flooded', network: 'fresh' };
    await expect(store.useInvite(invite('one more'), 'a', inFlooded)).rejects.toMatchObject(full(/this room/i));
    expect(await store.useInvite(invite('i0'), 's0', inFlooded), 'who was admitted stays so').toBe(true);
    expect(await store.useInvite(invite('one more'), 'a', quota)).toBe(true);

    clock.advance(600_000);
    expect(await store.useInvite(invite('one more'), 'a', inFlooded)).toBe(true);
    await fill('k', maxUsesPerNetwork, (index) => ({ room: `r${index}`, network: 'flooder' }));
    const ofFlooder = { room: 'any', network: 'flooder' };
    await expect(store.useInvite(invite('last'), 'a', ofFlooder)).rejects.toMatchObject(full(/your network/));
    expect(await store.useInvite(invite('last'), 'a', quota)).toBe(true);
  });

  test('a ban ends at its time and can be extended', async () => {
    const ban = (seconds: number) => store.ban('a', clock.epochMs() + seconds * 1_000, quota);
    expect(await store.isBanned('a')).toBe(false);
    for (const seconds of [10, 20, 5]) await ban(seconds);
    expect([await store.isBanned('a'), await store.isBanned('b')]).toEqual([true, false]);
    clock.advance(19_000);
    expect(await store.isBanned('a'), 'the longest ban counts').toBe(true);
    clock.advance(1_000);
    expect(await store.isBanned('a')).toBe(false);
    await ban(10);
    expect(await store.isBanned('a')).toBe(true);
  });

  test('the bans of one room or network leave space for others, and an owner can always add a ban', async () => {
    const inS = (seconds: number) => clock.epochMs() + seconds * 1_000;
    const { maxBansPerRoom, maxBansPerNetwork } = STORE_LIMITS;
    for (let index = 0; index < maxBansPerRoom; index++) await store.ban(`b${index}`, inS(600 + index), quota);
    await store.ban('one more', inS(600), quota);
    const banned = await Promise.all(['b0', 'b1', 'one more'].map((id) => store.isBanned(id)));
    expect(banned, 'the ban that would have ended first is lifted').toEqual([false, true, true]);

    for (let index = maxBansPerRoom; index < maxBansPerNetwork; index++) {
      await store.ban(`b${index}`, inS(600), { room: `r${index % 3}`, network: 'n' });
    }
    await expect(store.ban('x', inS(600), { room: 'y', network: 'n' })).rejects.toMatchObject({
      reason: 'rate-limited',
    });
    await store.ban('x', inS(600), { room: 'y', network: 'another' });
    expect([await store.isBanned('x'), await store.isBanned('b1')]).toEqual([true, true]);
    clock.advance(3_600_000);
    await store.ban('z', inS(600), { room: 'y', network: 'n' });
    expect([await store.isBanned('z'), await store.isBanned('b1')]).toEqual([true, false]);
  });

  test('what a code stands for is kept for a while after its end, and for no other code', async () => {
    await store.keepCode(code('a', 10), quota);
    clock.advance(10_000 + ENDED_CODE_KEPT_MS - 1);
    expect([await store.codeOf('a'), await store.codeOf('b')]).toEqual(['sealed', null]);
    clock.advance(1);
    expect(await store.codeOf('a')).toBeNull();
  });

  test('in a room full of codes only those of who asks give way, and the same code again takes no place', async () => {
    const { maxCodesPerRoom } = STORE_LIMITS;
    await store.keepCode(code('guest', 60, 'guest'), quota);
    for (let index = 1; index < maxCodesPerRoom; index++) await store.keepCode(code(`c${index}`, 600 + index), quota);
    await store.keepCode(code('c1', 700), quota);
    await store.keepCode(code('c2', 700), quota);
    expect(await known('guest', 'c1', `c${maxCodesPerRoom - 1}`)).toEqual([true, true, true]);
    await store.keepCode(code('more', 600), quota);
    expect(await known('guest', 'c1', 'c2', 'c3', 'more'), 'its own that ends first').toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    await store.keepCode(code('guest 2', 600, 'guest'), quota);
    expect(await known('guest', 'guest 2', 'more')).toEqual([false, true, true]);
    const stranger = store.keepCode(code('stranger', 600, 'stranger'), quota);
    await expect(stranger).rejects.toMatchObject({
      reason: 'rate-limited',
      message: expect.stringMatching(/this room/),
    });
    await store.keepCode(code('stranger', 600, 'stranger'), { room: 'another', network: 'n' });
    expect(await known('stranger')).toEqual([true]);
  });

  test('codes that have ended or were ended give way to anybody’s, in a room and in a network', async () => {
    const { maxCodesPerRoom, maxCodesPerNetwork } = STORE_LIMITS;
    for (let index = 0; index < maxCodesPerRoom; index++) await store.keepCode(code(`c${index}`, 600), quota);
    await store.endCode('c7');
    await store.endCode('no such code');
    expect(await known('c7'), 'it still says so').toEqual([true]);
    const others = (id: string, room = quota.room) => store.keepCode(code(id, 900, 'another'), { ...quota, room });
    await others('d0');
    expect(await known('c7', 'd0')).toEqual([false, true]);
    const third = store.keepCode(code('d1', 900, 'third'), quota);
    await expect(third).rejects.toMatchObject({ reason: 'rate-limited' });
    for (let index = maxCodesPerRoom; index < maxCodesPerNetwork; index++) await others(`e${index}`, `r${index}`);
    await expect(others('f0', 'y')).rejects.toMatchObject({ message: expect.stringMatching(/your network/) });
    clock.advance(600_000);
    for (const id of ['f0', 'f1']) await others(id, id);
    expect(await known('f0', 'f1', 'd0', 'e99')).toEqual([true, true, true, true]);
    clock.advance(900_000 + ENDED_CODE_KEPT_MS);
    expect(await known('f0', 'd0')).toEqual([false, false]);
  });

  test('who is refused takes no code and no ban from anybody', async () => {
    const { maxCodesPerRoom, maxCodesPerNetwork, maxBansPerRoom, maxBansPerNetwork } = STORE_LIMITS;
    const kinds = [
      {
        ...{ ofRoom: maxCodesPerRoom, ofNetwork: maxCodesPerNetwork },
        put: (id: string, of: Quota) => store.keepCode(code(id, 600), of),
        has: async (id: string) => (await store.codeOf(id)) !== null,
      },
      {
        ...{ ofRoom: maxBansPerRoom, ofNetwork: maxBansPerNetwork },
        put: (id: string, of: Quota) => store.ban(id, clock.epochMs() + 600_000, of),
        has: (id: string) => store.isBanned(id),
      },
    ];
    for (const { ofRoom, ofNetwork, put, has } of kinds) {
      for (let index = 0; index < ofRoom; index++) await put(`a${index}`, { room: 'open r', network: 'a' });
      for (let index = 0; index < ofNetwork; index++) await put(`b${index}`, { room: `r${index % 8}`, network: 'b' });
      await expect(put('more', { room: 'open r', network: 'b' })).rejects.toMatchObject({ reason: 'rate-limited' });
      const left = await Promise.all(Array.from({ length: ofRoom }, (_, index) => has(`a${index}`)));
      expect(left).not.toContain(false);
    }
  });

  test('a code or ban that gives way counts no longer for the network that it came from', async () => {
    const { maxCodesPerRoom, maxCodesPerNetwork, maxBansPerRoom, maxBansPerNetwork } = STORE_LIMITS;
    const kinds = [
      {
        ofRoom: maxCodesPerRoom,
        ofNetwork: maxCodesPerNetwork,
        put: (id: string, of: Quota) => store.keepCode(code(id, 600), of),
      },
      {
        ...{ ofRoom: maxBansPerRoom, ofNetwork: maxBansPerNetwork },
        put: (id: string, of: Quota) => store.ban(id, clock.epochMs() + 600_000, of),
      },
    ];
    for (const { ofRoom, ofNetwork, put } of kinds) {
      const fill = async (network: string, ofIt: number) => {
        for (let index = 0; index < ofIt; index++) await put(`${network}${index}`, { room: 'moving', network });
      };
      await fill('a', ofRoom);
      await fill('b', ofRoom);
      for (let index = 0; index < ofNetwork; index++) await put(`c${index}`, { room: `r${index % 8}`, network: 'a' });
      await expect(put('more', { room: 'any', network: 'a' })).rejects.toMatchObject({ reason: 'rate-limited' });
    }
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
  await store.record(by('g'), 'v', { completed: 1, failed: 0, rttMs: 1 });
  await store.accuse('open secret den', 'g', 'v');
  await store.useInvite({ id: 'i', maxUses: 1, expiresAtMs: clock.epochMs() + 60_000 }, 's', quota);
  await store.ban('b', clock.epochMs() + 60_000, quota);
  await store.keepCode(code('c', 1), quota);
  const keys = await redis.keys('*');
  // Two for the volunteer, two for the gamer, two for the room, each pair with an index; four each for the use, the ban and the code.
  expect(keys).toHaveLength(3 * 3 + 3 * 4);
  const livesS = await Promise.all(keys.map((key) => redis.ttl(key)));
  for (const lifeS of livesS) {
    expect(lifeS).toBeGreaterThanOrEqual(0);
    expect(lifeS).toBeLessThanOrEqual(REPUTATION_TTL_S);
  }
  expect(keys.join()).not.toContain('secret den');
});
