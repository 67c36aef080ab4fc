import { afterEach, expect, test, vi } from 'vitest';
import type { EventAnswer, InviteRequest } from '../../shared/signaling.ts';
import { MemoryStore } from '../store/memory.ts';
import { STORE_LIMITS } from '../store/store.ts';
import { ManualServerClock } from '../test-clock.ts';
import { newSessionKey, TestBed, type TestPage } from '../test-server.ts';

/** What one page, or one network, may take from others: an hour's attack on the store, its calls made directly, in seconds. */
const bed = new TestBed();
afterEach(() => {
  vi.restoreAllMocks();
  return bed.end();
});

async function inviteFrom(owner: TestPage, request: InviteRequest): Promise<string> {
  const answer: EventAnswer<{ token: string }> = await owner.ask('invite', request);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.token;
}

const WEEK_S = 7 * 24 * 3_600;
const counted = { role: 'volunteer', expiresInS: WEEK_S, uses: 1 } as const;

test('one address cannot fill the store for others: it is refused, while others use counted invites and owners can remove and revoke', async () => {
  const clock = new ManualServerClock();
  const useInvite = vi.spyOn(MemoryStore.prototype, 'useInvite');
  const { url } = await bed.server({ trustedProxies: 1 }, clock);
  const from = (address: string) => bed.page(url, newSessionKey(), { 'x-forwarded-for': address });
  const attacker = from('192.0.2.1');
  await attacker.join({ inviteOnly: true });
  await from('192.0.2.1').join({ role: 'volunteer', invite: await inviteFrom(attacker, counted) });
  const store = useInvite.mock.contexts[0] as MemoryStore | undefined;
  const quota = useInvite.mock.calls[0]?.[2];
  if (!store || !quota) throw new Error('the store was not asked');

  // The same with a new room for every hundred sessions, then a ban of every invite.
  const expiresAtMs = clock.epochMs() + WEEK_S * 1_000;
  let refused = 0;
  for (let session = 0; session < 2 * STORE_LIMITS.maxUsesPerNetwork; session++) {
    const ofRoom = { ...quota, room: `room ${session % 100}` };
    await store.useInvite({ id: `${session}`, maxUses: 1, expiresAtMs }, 's', ofRoom).catch(() => refused++);
    await store.ban(`invite ${session}`, expiresAtMs, ofRoom).catch(() => {});
  }
  expect(refused).toBe(STORE_LIMITS.maxUsesPerNetwork + 1);
  const again = await inviteFrom(attacker, counted);
  expect(await from('192.0.2.77').tryJoin({ role: 'volunteer', invite: again })).toMatchObject({
    error: { reason: 'rate-limited', message: expect.stringMatching(/from your network/) },
  });

  // The last owner shares the attacker's network: its bans are not kept after the room, but hold in it.
  for (const address of ['198.51.100.1', '192.0.2.2']) {
    const owner = from(address);
    const { room } = await owner.join({ inviteOnly: true });
    const [invite, other] = [await inviteFrom(owner, counted), await inviteFrom(owner, counted)];
    const volunteer = from('203.0.113.1');
    const { id: volunteerId, pass } = await volunteer.join({ role: 'volunteer', invite });
    expect(await owner.ask('revoke', { token: other })).toEqual({ ok: true, value: null });
    expect(await owner.ask('remove', { volunteerId })).toEqual({ ok: true, value: null });
    expect(await volunteer.ended).toBe('io server disconnect');
    const rejoin = (token: string | undefined, key = newSessionKey()) =>
      bed.page(url, key, { 'x-forwarded-for': '203.0.113.2' }).tryJoin({ room, role: 'volunteer', invite: token });
    expect(await rejoin(other)).toMatchObject({ error: { reason: 'not-invited' } });
    expect(await rejoin(invite)).toMatchObject({ error: { reason: 'not-invited' } });
    expect(await rejoin(pass, volunteer.sessionKey)).toMatchObject({ error: { reason: 'not-invited' } });
  }
});

test('an invite lives for days at most, and for a bounded number of uses', async () => {
  const { url } = await bed.server();
  const owner = bed.page(url);
  await owner.join({ inviteOnly: true });
  for (const terms of [{ expiresInS: 31_536_000 }, { expiresInS: WEEK_S + 1 }, { expiresInS: 60, uses: 10_000 }]) {
    expect(await owner.ask('invite', { role: 'volunteer', ...terms })).toMatchObject({
      error: { reason: 'malformed' },
    });
  }
  expect(await owner.ask('invite', counted)).toMatchObject({ ok: true });
});

test('a report of a million failures affects a volunteer’s history no more than any other single network’s report', async () => {
  const record = vi.spyOn(MemoryStore.prototype, 'record');
  const { url } = await bed.server({ trustedProxies: 1 });
  const from = (address: string) => bed.page(url, newSessionKey(), { 'x-forwarded-for': address });
  const volunteer = from('203.0.113.1');
  const { id: volunteerId } = await volunteer.join({ role: 'volunteer', room: 'den' });
  const reporting = async (address: string, completed: number, failed: number) => {
    const gamer = from(address);
    await gamer.join({ room: 'den' });
    await gamer.ask('report', { volunteerId, completed, failed, rttMs: 5 });
    await gamer.ask('leave');
  };
  for (const network of [1, 2, 3]) await reporting(`198.51.${network}.1`, 90, 0);
  for (let session = 0; session < 10; session++) await reporting(`192.0.2.${session}`, 0, 1_000_000);
  // Three networks for it and one against it; unbounded, 10,000,000 failures would stand against 270 successes.
  const store = record.mock.contexts[0] as MemoryStore | undefined;
  expect(await store?.reputation(volunteerId)).toEqual({ completed: 15, failed: 5 });
  const told = record.mock.calls.map(([, , { completed, failed }]) => completed + failed);
  expect(Math.max(...told), 'what is not plausible for the time since they met is scaled down').toBe(100);
});

test('offers to one peer are rate-limited, so a gamer cannot make a volunteer open many connections; candidates are not', async () => {
  const clock = new ManualServerClock();
  const { url } = await bed.server({ limitFactor: 1 }, clock);
  const [gamer, volunteer, other] = [bed.page(url), bed.page(url), bed.page(url)];
  await gamer.join({ room: 'den' });
  const { id } = await volunteer.join({ room: 'den', role: 'volunteer' });
  const { id: otherId } = await other.join({ room: 'den', role: 'volunteer' });
  await gamer.caughtUp();
  const answers = [];
  for (let attempt = 0; attempt < 9; attempt++) answers.push(await gamer.signal(id, attempt));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(8);
  expect(answers.at(-1)).toMatchObject({ error: { reason: 'rate-limited' } });
  expect(await gamer.signal(otherId), 'another peer').toMatchObject({ ok: true });
  const candidate = { to: id, attempt: 8, signal: { type: 'candidate', candidate: { candidate: 'c' } } };
  expect(await gamer.ask('signal', candidate)).toMatchObject({ ok: true });
  clock.advance(2_000);
  expect(await gamer.signal(id, 9)).toMatchObject({ ok: true });
  expect(await gamer.signal(id, 10)).toMatchObject({ error: { reason: 'rate-limited' } });
});

test('what waits for members who are away is bounded for each network, whose addresses share it; others send on', async () => {
  const waiting = { perMemberBytes: 64 * 1024, perNetworkBytes: 40 * 1024, totalBytes: 1024 * 1024 };
  const { url } = await bed.server({ trustedProxies: 1 }, undefined, { bounds: { waiting } });
  const from = (address: string) => bed.page(url, newSessionKey(), { 'x-forwarded-for': address });
  const [first, neighbour, other] = [from('192.0.2.1'), from('192.0.2.200'), from('198.51.100.1')];
  for (const gamer of [first, neighbour, other]) await gamer.join({ room: 'den' });
  const away = from('203.0.113.1');
  const { id } = await away.join({ room: 'den', role: 'volunteer' });
  for (const gamer of [first, neighbour, other]) await gamer.caughtUp();
  away.close();
  await first.caughtUp();
  const large = 'x'.repeat(15_000);
  for (let sent = 0; sent < 2; sent++) expect(await first.signal(id, 0, large)).toMatchObject({ ok: true });
  expect(await neighbour.signal(id, 0, large)).toMatchObject({ error: { reason: 'queue-full' } });
  expect(await other.signal(id, 0, large)).toMatchObject({ ok: true });
});
