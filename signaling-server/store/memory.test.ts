import { expect, test } from 'vitest';
import { COORDINATOR } from '../../shared/tuning.ts';
import { ManualServerClock } from '../manual-clock.ts';
import { MemoryStore } from './memory.ts';

test('reports add up to a reputation, and make partners', async () => {
  const store = new MemoryStore(new ManualServerClock());
  expect(await store.reputation('v')).toEqual({ completed: 0, failed: 0 });
  await store.record('g', 'v', { completed: 3, failed: 1, rttMs: 9 });
  await store.record('h', 'v', { completed: 2, failed: 0, rttMs: 4 });
  expect(await store.reputation('v')).toEqual({ completed: 5, failed: 1 });
  expect(await store.partners('g')).toEqual(new Map([['v', 9]]));
  expect(await store.partners('nobody')).toEqual(new Map());
});

test('what is remembered of one gamer is bounded, newest kept', async () => {
  const store = new MemoryStore(new ManualServerClock());
  for (let index = 0; index <= COORDINATOR.maxPartnersPerGamer; index++) {
    await store.record('g', `v${index}`, { completed: 1, failed: 0, rttMs: 1 });
  }
  const partners = await store.partners('g');
  expect(partners.size).toBe(COORDINATOR.maxPartnersPerGamer);
  expect(partners.has('v0')).toBe(false);
});

test('uses are counted by session; when too many invites are counted new ones are refused until old ones expire', async () => {
  const clock = new ManualServerClock();
  const store = new MemoryStore(clock);
  const invite = (id: string) => ({ id, maxUses: 2, expiresAtMs: clock.epochMs() + 1_000 });
  const first = invite('first');
  expect(await store.useInvite(first, 'a')).toBe(true);
  expect(await store.useInvite(first, 'a')).toBe(true);
  expect(await store.useInvite(first, 'b')).toBe(true);
  expect(await store.useInvite(first, 'c')).toBe(false);
  for (let index = 1; index < COORDINATOR.maxCountedInvites; index++) await store.useInvite(invite(`i${index}`), 'a');
  await expect(store.useInvite(invite('one more'), 'a')).rejects.toMatchObject({ reason: 'rate-limited' });
  expect(await store.useInvite(first, 'c'), 'nothing was forgotten').toBe(false);
  clock.advance(1_000);
  expect(await store.useInvite(invite('one more'), 'a')).toBe(true);
});

test('a gamer counts once against a volunteer, in its room only; how many are counted is bounded', async () => {
  const store = new MemoryStore(new ManualServerClock());
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
