import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventAnswer, InviteRequest } from '../../shared/signaling.ts';
import { ManualServerClock } from '../test-clock.ts';
import { TestBed, type TestPage } from '../test-server.ts';

/** Which pages enter which rooms: capacity, invites, passes. */
const bed = new TestBed();
let clock: ManualServerClock;
beforeEach(() => {
  clock = new ManualServerClock();
});
afterEach(() => bed.end());

const SECRET = 'a secret that the test knows, 32+ characters';

async function privateRoom() {
  const { url } = await bed.server({ inviteSecret: SECRET }, clock);
  const owner = bed.page(url);
  const { room } = await owner.join({ inviteOnly: true });
  return { url, owner, room };
}

async function inviteFrom(owner: TestPage, request: InviteRequest): Promise<string> {
  const answer: EventAnswer<{ token: string }> = await owner.ask('invite', request);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.token;
}

const refused = (message: RegExp) => ({
  ok: false,
  error: { reason: 'not-invited', message: expect.stringMatching(message) },
});

test('a full room refuses pages until a member leaves', async () => {
  const { url } = await bed.server({ roomCapacity: 2 });
  const [one, two, three] = [bed.page(url), bed.page(url), bed.page(url)];
  await one.join({ room: 'den' });
  await two.join({ room: 'den' });
  expect(await three.tryJoin({ room: 'den' })).toMatchObject({ ok: false, error: { reason: 'room-full' } });
  expect(await bed.page(url).tryJoin({ room: 'den 2' })).toMatchObject({ ok: true });
  await one.ask('leave');
  expect(await three.tryJoin({ room: 'den' })).toMatchObject({ ok: true });
});

test('a page that finds its new room full stays in the old one', async () => {
  const { url } = await bed.server({ roomCapacity: 1 });
  const [mover, other, newcomer] = [bed.page(url), bed.page(url), bed.page(url)];
  await mover.join({ room: 'old' });
  await other.join({ room: 'full' });
  const second = bed.page(url, mover.sessionKey);
  expect(await second.tryJoin({ room: 'full' })).toMatchObject({ error: { reason: 'room-full' } });
  expect(await newcomer.tryJoin({ room: 'old' })).toMatchObject({ error: { reason: 'room-full' } });
  await mover.caughtUp();
  expect(mover.farewells).toEqual([]);
});

test('a page may change its room or role on a full server, since it needs no additional place', async () => {
  const { url } = await bed.server({ roomCapacity: 1, maxSessions: 1 });
  const { sessionKey } = bed.page(url);
  await bed.page(url, sessionKey).join({ room: 'old' });
  expect(await bed.page(url, sessionKey).tryJoin({ room: 'new' })).toMatchObject({ ok: true });
  expect(await bed.page(url, sessionKey).tryJoin({ room: 'new', role: 'volunteer' })).toMatchObject({ ok: true });
});

test('a full server refuses pages', async () => {
  const { url } = await bed.server({ maxSessions: 2 });
  await Promise.all([bed.page(url).join(), bed.page(url).join()]);
  expect(await bed.page(url).tryJoin()).toMatchObject({ ok: false, error: { reason: 'room-full' } });
});

test('an invite-only room admits a page with its invite, and introduces it to the owner', async () => {
  const { url, owner, room } = await privateRoom();
  expect(await bed.page(url).tryJoin({ room })).toMatchObject(refused(/invited members only/));
  expect(await bed.page(url).tryJoin({ room, inviteOnly: true })).toMatchObject(refused(/invited members only/));
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60 });
  const guest = bed.page(url);
  expect(await guest.join({ invite, role: 'volunteer' })).toMatchObject({ room, inviteOnly: true });
  await guest.caughtUp();
  expect(guest.introductions).toHaveLength(1);
});

test('an invite is refused for another role or room, after its expiry, and when it was tampered with', async () => {
  const { url, owner, room } = await privateRoom();
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60 });
  const join = (request: object) => bed.page(url).tryJoin({ room, role: 'volunteer', invite, ...request });
  expect(await join({ role: 'gamer' })).toMatchObject(refused(/for a volunteer/));
  expect(await join({ room: 'another' })).toMatchObject(refused(/another room/));
  const [head, body, signature = ''] = invite.split('.');
  const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  for (const forged of [`${head}.${body}.${flipped}`, 'nonsense', '', `${head}.${body}.`]) {
    expect(await join({ invite: forged })).toMatchObject(refused(/not valid/));
  }
  expect(await join({})).toMatchObject({ ok: true });
  clock.advance(61_000);
  expect(await join({})).toMatchObject(refused(/expired/));
});

test('tokens with another algorithm, key or audience are refused even when their claims are right', async () => {
  const { url, room } = await privateRoom();
  const claims = { room, id: 'some room', inviteOnly: true, role: 'volunteer', jti: 'x' };
  const exp = clock.epochMs() / 1_000 + 60;
  const sign = (key: string, alg: string, audience: string, payload: object) =>
    new SignJWT({ ...payload })
      .setProtectedHeader({ alg })
      .setAudience(audience)
      .setExpirationTime(exp)
      .sign(new TextEncoder().encode(key));
  const unsigned = [{ alg: 'none' }, { ...claims, exp, aud: 'p2c2r-invite' }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const forgeries = [
    `${unsigned}.`,
    await sign('another key of more than thirty-two characters', 'HS256', 'p2c2r-invite', claims),
    await sign(SECRET.repeat(2), 'HS512', 'p2c2r-invite', claims),
    await sign(SECRET, 'HS256', 'something else', claims),
    await sign(SECRET, 'HS256', 'p2c2r-pass', claims),
    await sign(SECRET, 'HS256', 'p2c2r-invite', { room }),
  ];
  for (const invite of forgeries) {
    expect(await bed.page(url).tryJoin({ room, role: 'volunteer', invite })).toMatchObject(refused(/not valid/));
  }
  const genuine = await sign(SECRET, 'HS256', 'p2c2r-invite', claims);
  expect(await bed.page(url).tryJoin({ room, role: 'volunteer', invite: genuine })).toMatchObject({ ok: true });
  const { id: _, ...ofOldVersion } = claims;
  const old = await sign(SECRET, 'HS256', 'p2c2r-invite', ofOldVersion);
  expect(await bed.page(url).tryJoin({ room, role: 'volunteer', invite: old })).toMatchObject(refused(/older version/));
});

test('a single-use invite admits one session, any number of times', async () => {
  const { url, owner, room } = await privateRoom();
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60, uses: 1 });
  const guest = bed.page(url);
  await guest.join({ invite, role: 'volunteer' });
  await guest.ask('leave');
  expect(await guest.tryJoin({ invite, role: 'volunteer' })).toMatchObject({ ok: true, value: { room } });
  expect(await bed.page(url).tryJoin({ invite, role: 'volunteer' })).toMatchObject(refused(/used up/));
});

test('a full room does not use up an invite', async () => {
  const { url } = await bed.server({ roomCapacity: 2 }, clock);
  const [owner, friend, guest] = [bed.page(url), bed.page(url), bed.page(url)];
  const { room } = await owner.join();
  await friend.join({ room });
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60, uses: 1 });
  expect(await bed.page(url).tryJoin({ invite, role: 'volunteer' })).toMatchObject({ error: { reason: 'room-full' } });
  await friend.ask('leave');
  expect(await guest.tryJoin({ invite, role: 'volunteer' })).toMatchObject({ ok: true });
});

test('an invite to a room that has ended makes it again, as an invite-only room', async () => {
  const { url, owner, room } = await privateRoom();
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60 });
  await owner.ask('leave');
  expect(await bed.page(url).join({ invite, role: 'volunteer' })).toMatchObject({ room, inviteOnly: true });
});

test('only members of invite-only rooms are given a pass', async () => {
  const { url } = await bed.server({}, clock);
  expect(await bed.page(url).join({ room: 'den' })).not.toHaveProperty('pass');
  expect(await bed.page(url).join({ inviteOnly: true })).toHaveProperty('pass');
});

test('a token for an invite-only room neither enters nor closes an open room of the same name', async () => {
  const { url } = await bed.server({}, clock);
  const [schemer, member, newcomer] = [bed.page(url), bed.page(url), bed.page(url)];
  const { pass } = await schemer.join({ room: 'lobby', inviteOnly: true });
  await schemer.ask('leave');
  await member.join({ room: 'lobby' });
  await schemer.join({ room: 'lobby', invite: pass });
  expect(await newcomer.join({ room: 'lobby', role: 'volunteer' })).toMatchObject({ inviteOnly: false });
  await Promise.all([member.caughtUp(), schemer.caughtUp()]);
  expect(member.introductions).toHaveLength(1);
  expect(schemer.introductions).toEqual([]);
});

test('a room made under the name of an invite-only room that became empty is a different room: the two owners do not own or meet each other’s', async () => {
  const { url, owner, room } = await privateRoom();
  const oldInvite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 60 });
  const removed = bed.page(url);
  const { id: volunteerId, pass: oldPass } = await removed.join({ role: 'volunteer', invite: oldInvite });
  const back = await inviteFrom(owner, { role: 'gamer', expiresInS: 3_600, owner: true });
  await owner.ask('remove', { volunteerId });
  await owner.ask('leave');

  const [asGamer, asVolunteer] = [bed.page(url), bed.page(url)];
  expect(await asGamer.join({ room, inviteOnly: true }), 'a room of its own').toMatchObject({ owner: true, room });
  const made = await inviteFrom(asGamer, { role: 'volunteer', expiresInS: 60 });
  await asVolunteer.join({ room, role: 'volunteer', invite: made });
  const again = bed.page(url);
  expect(await again.join({ room, invite: back })).toMatchObject({ owner: true, room, introductions: [] });
  await Promise.all([again, asGamer, asVolunteer].map((page) => page.caughtUp()));
  expect(again.introductions).toEqual([]);
  expect(asGamer.introductions).toHaveLength(1);
  expect(await asGamer.ask('revoke', { token: back }), 'its owner has no say in the other').toMatchObject(
    refused(/not an invite into this room/),
  );
  const returns = bed.page(url, removed.sessionKey);
  expect(await returns.tryJoin({ room, role: 'volunteer', invite: oldPass })).toMatchObject(refused(/has removed/));
  expect(await bed.page(url).tryJoin({ role: 'volunteer', invite: oldInvite })).toMatchObject(refused(/revoked/));
});

test('after a restart, a pass or an invite restores the same room, even if someone has made another one with its name', async () => {
  const { url, owner, room } = await privateRoom();
  const volunteer = bed.page(url);
  const invite = await inviteFrom(owner, { role: 'volunteer', expiresInS: 600 });
  const { pass } = await volunteer.join({ role: 'volunteer', invite });
  const next = await bed.server({ inviteSecret: SECRET }, clock);
  const squatter = bed.page(next.url);
  await squatter.join({ room, inviteOnly: true });
  const member = bed.page(next.url, volunteer.sessionKey);
  await member.join({ room, role: 'volunteer', invite: pass });
  const guest = bed.page(next.url);
  await guest.join({ role: 'volunteer', invite });
  const ownPass = await bed.page(url, owner.sessionKey).join({ room });
  const back = bed.page(next.url, owner.sessionKey);
  const joined = await back.join({ room, invite: ownPass.pass });
  expect(joined).toMatchObject({ owner: true, inviteOnly: true, room });
  expect(joined.introductions).toHaveLength(2);
  await squatter.caughtUp();
  expect(squatter.introductions).toEqual([]);
});

test('the owner of an earlier open room does not own a new room with the same name', async () => {
  const { url } = await bed.server({}, clock);
  const [first, next] = [bed.page(url), bed.page(url)];
  await first.join({ room: 'den' });
  const back = await inviteFrom(first, { role: 'gamer', expiresInS: 60, owner: true });
  const mine = bed.page(url);
  expect(await mine.join({ room: 'den', invite: back }), 'in its own room it does').toMatchObject({ owner: true });
  await first.ask('leave');
  await mine.ask('leave');
  expect(await next.join({ room: 'den' })).toMatchObject({ owner: true });
  expect(await bed.page(url).join({ room: 'den', invite: back })).toMatchObject({ owner: false });
});
