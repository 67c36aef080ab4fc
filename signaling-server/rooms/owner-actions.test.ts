import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EventAnswer, type InviteRequest, sessionIdOf } from '../../shared/signaling.ts';
import { TestIdentity } from '../access/test-identity.ts';
import { ManualServerClock } from '../test-clock.ts';
import { TestBed, type TestPage } from '../test-server.ts';
import { OWNER_ACTION_LIMIT } from './owner-actions.ts';

/** What only the owner of a room may do: invite and let others invite, revoke, remove members, and return as the owner. */
const bed = new TestBed();
let clock: ManualServerClock;
beforeEach(() => {
  clock = new ManualServerClock();
});
afterEach(() => {
  vi.useRealTimers();
  return bed.end();
});

const inLobby = { role: 'volunteer', lobby: true } as const;
const notInvited = (message: RegExp) => ({ reason: 'not-invited', message: expect.stringMatching(message) });
const refused = (message: RegExp) => ({ ok: false, error: notInvited(message) });

async function ownRoom() {
  const { url } = await bed.server({}, clock);
  const owner = bed.page(url);
  const { room, owner: isOwner } = await owner.join({ inviteOnly: true });
  expect(isOwner).toBe(true);
  return { url, owner, room };
}

async function inviteFrom(page: TestPage, request: Partial<InviteRequest> = {}): Promise<string> {
  const asked = { role: 'volunteer', expiresInS: 3_600, ...request };
  const answer: EventAnswer<{ token: string }> = await page.ask('invite', asked);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.token;
}

const guest = (url: string, invite: string) => bed.page(url).tryJoin({ role: 'volunteer', invite });

test('a revoked invite is refused with that reason; other invites and admitted members are not affected', async () => {
  const { url, owner } = await ownRoom();
  const [revoked, other] = [await inviteFrom(owner), await inviteFrom(owner)];
  const inside = bed.page(url);
  const { pass, room } = await inside.join({ role: 'volunteer', invite: revoked });
  expect(await owner.ask('revoke', { token: revoked })).toEqual({ ok: true, value: null });
  expect(await owner.ask('revoke', { token: revoked }), 'revoking twice is harmless').toMatchObject({ ok: true });
  expect(await guest(url, revoked)).toMatchObject(refused(/owner of this room has revoked this invite/));
  expect(await guest(url, other)).toMatchObject({ ok: true });
  await inside.ask('leave');
  expect(await inside.tryJoin({ role: 'volunteer', room, invite: pass }), 'a pass is not an invite').toMatchObject({
    ok: true,
  });
});

test('only the owner revokes invites, and only those into its own room', async () => {
  const { url, owner } = await ownRoom();
  const token = await inviteFrom(owner);
  const [friend, stranger, volunteer] = [bed.page(url), bed.page(url), bed.page(url)];
  const asGamer = await friend.join({ invite: await inviteFrom(owner, { role: 'gamer' }) });
  expect(asGamer.owner).toBe(false);
  const { pass } = await volunteer.join({ role: 'volunteer', invite: token });
  await stranger.join({ inviteOnly: true });
  expect(await friend.ask('revoke', { token })).toMatchObject(refused(/Only the owner/));
  expect(await volunteer.ask('revoke', { token })).toMatchObject({ error: { reason: 'malformed' } });
  expect(await stranger.ask('revoke', { token })).toMatchObject(refused(/not an invite into this room/));
  expect(await owner.ask('revoke', { token: pass })).toMatchObject(refused(/not an invite into this room/));
  expect(await owner.ask('revoke', { token: 'nonsense' })).toMatchObject(refused(/not valid/));
  expect(await guest(url, token)).toMatchObject({ ok: true });
});

test('an owner that reloads returns by its own invite into the room, which stayed, and still owns it', async () => {
  const { url, owner, room } = await ownRoom();
  const back = await inviteFrom(owner, { role: 'gamer', owner: true });
  const volunteer = bed.page(url);
  const { id: volunteerId } = await volunteer.join({ role: 'volunteer', invite: await inviteFrom(owner) });
  await owner.ask('leave');
  const again = bed.page(url);
  const joined = await again.join({ room, invite: back });
  expect(joined).toMatchObject({ room, owner: true, inviteOnly: true, introductions: [{ peerId: volunteerId }] });
  expect(await again.ask('remove', { volunteerId })).toMatchObject({ ok: true });
});

test('a guest cannot make owners; an owner stays one when it resumes and when it returns by its pass', async () => {
  const { url, owner, room } = await ownRoom();
  const friend = bed.page(url);
  await friend.join({ invite: await inviteFrom(owner, { role: 'gamer' }) });
  const request = { role: 'gamer', expiresInS: 60, owner: true };
  expect(await friend.ask('invite', request)).toMatchObject(refused(/Only the owner/));
  const resumed = await bed.page(url, owner.sessionKey).join({ room });
  expect(resumed).toMatchObject({ resumed: true, owner: true });
  const next = await bed.server({}, clock);
  const restarted = await bed.page(next.url, owner.sessionKey).join({ room, invite: resumed.pass });
  expect(restarted).toMatchObject({ resumed: false, owner: true });
});

test('the gamer that makes an open room owns it; a volunteer never owns one', async () => {
  const { url } = await bed.server({}, clock);
  expect(await bed.page(url).join({ room: 'den' })).toMatchObject({ owner: true });
  expect(await bed.page(url).join({ room: 'den' })).toMatchObject({ owner: false });
  expect(await bed.page(url).join({ room: 'attic', role: 'volunteer' })).toMatchObject({ owner: false });
  expect(await bed.page(url).join({ room: 'attic' }), 'a room that existed').toMatchObject({ owner: false });
});

test('a removed volunteer and its gamers are told, and it returns neither with its session nor with its invite', async () => {
  const { url, owner, room } = await ownRoom();
  const invite = await inviteFrom(owner);
  const [removed, stays] = [bed.page(url), bed.page(url)];
  const { id: volunteerId, pass } = await removed.join({ role: 'volunteer', invite });
  await stays.join({ role: 'volunteer', invite: await inviteFrom(owner) });
  expect(await owner.ask('remove', { volunteerId })).toEqual({ ok: true, value: null });
  expect(await removed.ended).toBe('io server disconnect');
  expect(removed.farewells).toEqual([{ peerId: volunteerId, why: 'removed' }]);
  await owner.caughtUp();
  expect(owner.farewells).toEqual([{ peerId: volunteerId, why: 'removed' }]);

  const back = (token: string | undefined) =>
    bed.page(url, removed.sessionKey).tryJoin({ role: 'volunteer', room, invite: token });
  const another = await inviteFrom(owner);
  for (const token of [pass, another]) expect(await back(token)).toMatchObject(refused(/has removed this machine/));
  expect(await guest(url, invite), 'a new session with the same invite').toMatchObject(refused(/revoked this invite/));
  expect(await guest(url, another), 'somebody else').toMatchObject({ ok: true });
  await stays.caughtUp();
  expect(stays.farewells).toEqual([]);
});

test('a removed volunteer with a proven identity is refused with a new session and invite, before it meets anybody', async () => {
  const { url, owner, room } = await ownRoom();
  const [first, second] = [bed.page(url), bed.page(url)];
  const identity = await TestIdentity.make();
  const request = { room, invite: await inviteFrom(owner) };
  const volunteerId = await identity.join(first, url, request);
  await owner.ask('remove', { volunteerId });
  const { challenge } = await identity.claim(second, { room, invite: await inviteFrom(owner) });
  await identity.prove(second, challenge, url).catch(() => {});
  expect(await second.ended).toBe('io server disconnect');
  expect(second.farewells.at(-1)).toMatchObject({ why: 'removed' });
  await owner.caughtUp();
  expect(owner.introductions.map(({ peerId }) => peerId)).toEqual([volunteerId]);
});

test('a volunteer that left before it was removed does not return by the invite that admitted it either', async () => {
  const { url, owner } = await ownRoom();
  const invite = await inviteFrom(owner);
  const volunteer = bed.page(url);
  const { id: volunteerId } = await volunteer.join({ role: 'volunteer', invite });
  await volunteer.ask('leave');
  expect(await owner.ask('remove', { volunteerId })).toMatchObject({ ok: true });
  expect(await guest(url, invite)).toMatchObject(refused(/owner of this room has revoked this invite/));
});

test.each([
  ['a removed member', false],
  ['a member that left before it was removed', true],
])('passes that %s kept for later do not readmit it; those of others that came by its link do', async (_, hasLeft) => {
  const { url } = await bed.server({ trustedProxies: 1 }, clock);
  const from = (address: string) => bed.page(url, undefined, { 'x-forwarded-for': address });
  const owner = from('192.0.2.1');
  await owner.join({ inviteOnly: true });
  const invite = await inviteFrom(owner);
  const [friend, ...others] = [from('192.0.2.2'), from('192.0.2.3'), from('192.0.2.3'), from('192.0.2.3')] as const;
  const [friendly, , ...kept] = [
    await friend.join({ role: 'volunteer', invite }),
    ...(await Promise.all(others.map((page) => page.join({ role: 'volunteer', invite })))),
  ];
  const [removed, ...hidden] = others;
  for (const page of [friend, ...hidden]) await page.ask('leave');
  // Leaving in time saves nothing.
  if (hasLeft) await removed.ask('leave');
  expect(await owner.ask('remove', { volunteerId: await sessionIdOf(removed.sessionKey) })).toMatchObject({ ok: true });
  const keptPasses = async () => {
    for (const [index, page] of hidden.entries()) {
      const { pass, room } = kept[index] ?? {};
      expect(await page.tryJoin({ role: 'volunteer', room, invite: pass })).toMatchObject(refused(/from your network/));
    }
  };
  await keptPasses();
  // The room has ended, and only the store knows.
  await owner.ask('leave');
  await keptPasses();
  const back = { role: 'volunteer', room: friendly.room, invite: friendly.pass } as const;
  expect(await friend.tryJoin(back)).toMatchObject({ ok: true });
});

test('passes do not readmit from the network that a removed member was in last, also where it met the owner in another', async () => {
  const { url } = await bed.server({ trustedProxies: 1 }, clock);
  const from = (address: string, sessionKey?: string) => bed.page(url, sessionKey, { 'x-forwarded-for': address });
  const owner = from('192.0.2.1');
  await owner.join({ inviteOnly: true });
  const invite = await inviteFrom(owner);
  const [volunteer, other] = [from('192.0.2.3'), from('192.0.2.3')];
  const { id: volunteerId, room } = await volunteer.join({ role: 'volunteer', invite });
  const { pass } = await other.join({ role: 'volunteer', invite });
  await other.ask('leave');
  const moved = from('192.0.2.9', volunteer.sessionKey);
  expect(await moved.join({ role: 'volunteer', room })).toMatchObject({ resumed: true });
  await moved.ask('leave');
  expect(await owner.ask('remove', { volunteerId })).toMatchObject({ ok: true });
  const back = from('192.0.2.9', other.sessionKey);
  expect(await back.tryJoin({ role: 'volunteer', room, invite: pass })).toMatchObject(refused(/from your network/));
});

test('a volunteer whose socket is away can be removed, and stays removed when invites make the room again', async () => {
  const { url, owner, room } = await ownRoom();
  const away = bed.page(url);
  const { id: volunteerId, pass } = await away.join({ role: 'volunteer', invite: await inviteFrom(owner) });
  const back = await inviteFrom(owner, { role: 'gamer', owner: true });
  away.close();
  expect(await owner.ask('remove', { volunteerId })).toMatchObject({ ok: true });
  await owner.ask('leave');
  await bed.page(url).join({ room, invite: back });
  const returns = bed.page(url, away.sessionKey);
  expect(await returns.tryJoin({ role: 'volunteer', room, invite: pass })).toMatchObject(refused(/has removed/));
});

test('a removed lobby volunteer leaves the room’s gamers, stays in the lobby, and is not introduced to them again', async () => {
  const { url } = await bed.server({ lobby: true }, clock);
  const [volunteer, owner, other] = [bed.page(url), bed.page(url), bed.page(url)];
  const { id: volunteerId } = await volunteer.join(inLobby);
  await owner.join({ room: 'den', lobby: true });
  await other.join({ room: 'attic', lobby: true });
  expect(await owner.ask('remove', { volunteerId })).toMatchObject({ ok: true });
  await owner.ask('lobby', { open: true });
  await Promise.all([owner.caughtUp(), other.caughtUp(), volunteer.caughtUp()]);
  expect(owner.farewells).toEqual([{ peerId: volunteerId, why: 'left' }]);
  expect([owner, other].map(({ introductions }) => introductions.length)).toEqual([1, 1]);
  expect(other.farewells).toEqual([]);
  expect(volunteer.socket.connected).toBe(true);
});

test('a volunteer that the owner met again in the lobby is removed with the invite by which it had come', async () => {
  const { url } = await bed.server({ lobby: true }, clock);
  const [owner, volunteer] = [bed.page(url), bed.page(url)];
  await owner.join({ inviteOnly: true, lobby: true });
  const invite = await inviteFrom(owner);
  const { id: volunteerId } = await volunteer.join({ role: 'volunteer', invite });
  await volunteer.ask('leave');
  expect((await bed.page(url, volunteer.sessionKey).join(inLobby)).introductions).toHaveLength(1);
  await owner.ask('remove', { volunteerId });
  expect(await guest(url, invite)).toMatchObject(refused(/revoked this invite/));
});

test('only the owner removes, only volunteers that it met, and only so often', async () => {
  const { url, owner } = await ownRoom();
  const [friend, volunteer, stranger] = [bed.page(url), bed.page(url), bed.page(url)];
  const { id: friendId } = await friend.join({ invite: await inviteFrom(owner, { role: 'gamer' }) });
  const { id: volunteerId } = await volunteer.join({ role: 'volunteer', invite: await inviteFrom(owner) });
  const { id: strangerId } = await stranger.join({ role: 'volunteer', room: 'elsewhere' });
  expect(await friend.ask('remove', { volunteerId })).toMatchObject(refused(/Only the owner/));
  for (const id of [friendId, strangerId, 'A'.repeat(22)]) {
    expect(await owner.ask('remove', { volunteerId: id })).toMatchObject(refused(/not in your room/));
  }
  for (let times = 3; times < OWNER_ACTION_LIMIT.events; times++) await owner.ask('revoke', { token: '' });
  expect(await owner.ask('remove', { volunteerId })).toMatchObject({ error: { reason: 'rate-limited' } });
  vi.setSystemTime(Date.now() + OWNER_ACTION_LIMIT.windowMs);
  const ownerLater = bed.page(url, owner.sessionKey);
  await ownerLater.join();
  expect(await ownerLater.ask('remove', { volunteerId })).toMatchObject({ ok: true });
});

test('where the server requires invites every room is invite-only, and a volunteer without one is refused', async () => {
  const { url } = await bed.server({ invites: 'required' }, clock);
  const owner = bed.page(url);
  expect(await bed.page(url).tryJoin({ room: 'den', role: 'volunteer' })).toMatchObject(refused(/invited members/));
  expect(await owner.join({ room: 'den' })).toMatchObject({ inviteOnly: true, owner: true });
  expect(await bed.page(url).tryJoin({ room: 'den' })).toMatchObject(refused(/invited members/));
  expect(await guest(url, await inviteFrom(owner))).toMatchObject({ ok: true });
  expect(await bed.page(url).join()).toMatchObject({ inviteOnly: true });
});

test('guests cannot invite into an invite-only room unless the owner allows it; any gamer can invite into an open room', async () => {
  const { url, owner } = await ownRoom();
  const [guestPage, delegate, opener, visitor] = [bed.page(url), bed.page(url), bed.page(url), bed.page(url)];
  const joined = await guestPage.join({ invite: await inviteFrom(owner, { role: 'gamer' }) });
  expect(joined.mayInvite).toBe(false);
  const request = { role: 'volunteer', expiresInS: 60 };
  expect(await guestPage.ask('invite', request)).toMatchObject(refused(/Only the owner of this room can invite/));
  const let_ = await delegate.join({ invite: await inviteFrom(owner, { role: 'gamer', mayInvite: true }) });
  expect(let_).toMatchObject({ mayInvite: true, owner: false });
  expect(await guest(url, await inviteFrom(delegate))).toMatchObject({ ok: true });
  expect(await delegate.ask('invite', { ...request, role: 'gamer', owner: true })).toMatchObject(
    refused(/Only the owner/),
  );
  await opener.join({ room: 'open' });
  expect(await visitor.join({ room: 'open' })).toMatchObject({ owner: false, mayInvite: true });
  expect(await guest(url, await inviteFrom(visitor))).toMatchObject({ ok: true });
});

test('a guest’s invite expires with the invite the guest used, and each use counts for both, even after the guest returned with its pass', async () => {
  const { url, owner, room } = await ownRoom();
  const delegate = bed.page(url);
  const terms = { role: 'gamer', mayInvite: true, expiresInS: 600, uses: 3 } as const;
  const { pass } = await delegate.join({ invite: await inviteFrom(owner, terms) });
  const long = await inviteFrom(delegate, { expiresInS: 604_800, uses: 1_000 });
  const next = await bed.server({}, clock);
  const back = bed.page(next.url, delegate.sessionKey);
  expect(await back.join({ room, invite: pass })).toMatchObject({ mayInvite: true, owner: false });
  const another = await inviteFrom(back, { expiresInS: 604_800 });
  expect(await guest(url, long)).toMatchObject({ ok: true });
  expect(await guest(url, another)).toMatchObject({ ok: true });
  expect(await guest(url, long), 'the guest itself was the first use').toMatchObject(refused(/used up/));
  clock.advance(601_000);
  expect(await guest(next.url, another)).toMatchObject(refused(/expired/));
  expect(await back.ask('invite', { role: 'volunteer', expiresInS: 60 })).toMatchObject(refused(/has expired/));
});

test('revoking an invite revokes all invites made from it, before or after, and no others', async () => {
  const { url, owner } = await ownRoom();
  const [first, second] = [bed.page(url), bed.page(url)];
  const root = await inviteFrom(owner, { role: 'gamer', mayInvite: true });
  await first.join({ invite: root });
  const branch = await inviteFrom(first, { role: 'gamer', mayInvite: true });
  await second.join({ invite: branch });
  const [leaf, unrelated] = [await inviteFrom(second), await inviteFrom(owner)];
  expect(await guest(url, leaf)).toMatchObject({ ok: true });
  expect(await owner.ask('revoke', { token: root })).toEqual({ ok: true, value: null });
  expect(await guest(url, leaf)).toMatchObject(refused(/revoked/));
  expect(await bed.page(url).tryJoin({ invite: branch })).toMatchObject(refused(/revoked/));
  expect(await second.ask('invite', { role: 'volunteer', expiresInS: 60 })).toMatchObject(refused(/revoked/));
  expect(await guest(url, unrelated)).toMatchObject({ ok: true });
});

test('an owner can list the other gamers and remove one along with its invites; guests cannot, and owners cannot be removed', async () => {
  const { url, owner, room } = await ownRoom();
  const [friend, coOwner, volunteer] = [bed.page(url), bed.page(url), bed.page(url)];
  const invite = await inviteFrom(owner, { role: 'gamer', mayInvite: true });
  const { id: gamerId, pass } = await friend.join({ invite, name: 'Friend' });
  const { id: coOwnerId } = await coOwner.join({ invite: await inviteFrom(owner, { role: 'gamer', owner: true }) });
  await volunteer.join({ role: 'volunteer', invite: await inviteFrom(owner) });
  const ofFriend = await inviteFrom(friend);
  expect(await owner.ask('gamers', null)).toEqual({
    ok: true,
    value: [
      { id: gamerId, name: 'Friend', owner: false },
      { id: coOwnerId, name: 'gamer', owner: true },
    ],
  });
  expect(await friend.ask('gamers', null)).toMatchObject(refused(/Only the owner/));
  expect(await friend.ask('removeGamer', { gamerId: coOwnerId })).toMatchObject(refused(/Only the owner/));
  expect(await owner.ask('removeGamer', { gamerId: coOwnerId })).toMatchObject(refused(/owns the room as well/));
  expect(await owner.ask('removeGamer', { gamerId: 'A'.repeat(22) })).toMatchObject(refused(/not in your room/));
  expect(await owner.ask('removeGamer', { gamerId })).toEqual({ ok: true, value: null });
  expect(await friend.ended).toBe('io server disconnect');
  expect(friend.farewells.at(-1)).toEqual({ peerId: gamerId, why: 'removed' });
  await volunteer.caughtUp();
  expect(volunteer.farewells).toEqual([{ peerId: gamerId, why: 'removed' }]);
  const back = (token: string | undefined) => bed.page(url, friend.sessionKey).tryJoin({ room, invite: token });
  expect(await back(pass)).toMatchObject(refused(/has removed/));
  expect(await bed.page(url).tryJoin({ invite })).toMatchObject(refused(/revoked/));
  expect(await guest(url, ofFriend)).toMatchObject(refused(/revoked/));
});
