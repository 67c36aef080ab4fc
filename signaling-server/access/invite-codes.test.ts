import { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { CODE_HEADER, readInviteCode } from '../../shared/invite-code.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { EventAnswer, FoundInvite, InviteRequest } from '../../shared/signaling.ts';
import { LIMITS } from '../sockets/limits.ts';
import { ENDED_CODE_KEPT_MS, type KeptCode, MAX_SEALED_CHARS, STORE_LIMITS } from '../store/store.ts';
import { TestRedis } from '../store/test-redis.ts';
import { ManualServerClock } from '../test-clock.ts';
import { TestBed, type TestPage } from '../test-server.ts';
import { GUESSES } from './code-lookup.ts';
import { CODE_VALID_S, InviteCodes } from './invite-codes.ts';

/** Codes of invites: who may have one made, what they lead to and for how long, and that nobody guesses them. */
const bed = new TestBed();
afterEach(() => {
  vi.useRealTimers();
  return bed.end();
});

async function tokenFrom(owner: TestPage, request: Partial<InviteRequest> = {}): Promise<string> {
  const answer = await owner.ask<{ token: string }>('invite', { role: 'volunteer', expiresInS: 3_600, ...request });
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.token;
}

async function codeFrom(owner: TestPage, token: string): Promise<string> {
  const answer = await owner.ask<{ code: string }>('inviteCode', { token });
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.code;
}

async function look(url: string, code: string, headers: HeadersInit = {}): Promise<EventAnswer<FoundInvite>> {
  const response = await fetch(`${url}codes`, { headers: { [CODE_HEADER]: code, ...headers } });
  const answer = (await response.json()) as EventAnswer<FoundInvite>;
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
    answer.ok ? 200 : ({ 'not-invited': 404, 'rate-limited': 429 }[answer.error.reason as string] ?? 400),
    null,
  ]);
  return answer;
}

const refused = (reason: string, message: RegExp) => ({
  ok: false,
  error: { reason, message: expect.stringMatching(message) },
});

async function privateRoom(clock = new ManualServerClock()) {
  const { url } = await bed.server({}, clock);
  const owner = bed.page(url);
  const { room } = await owner.join({ inviteOnly: true, name: 'tidy-puffin' });
  return { url, owner, room, clock };
}

test('a code leads to the invite that it was made for, and says who invites and whom', async () => {
  const { url, owner, room } = await privateRoom();
  const token = await tokenFrom(owner);
  const code = await codeFrom(owner, token);
  expect(await look(url, code)).toEqual({ ok: true, value: { room, token, role: 'volunteer', from: 'tidy-puffin' } });
  const guest = bed.page(url);
  expect(await guest.join({ role: 'volunteer', room, invite: token })).toMatchObject({ room });
});

test('a short link leads to the page, below whatever path the browser sees, and its code reaches no server', async () => {
  const { url } = await bed.server();
  for (const path of ['i', 'i?from=mail']) {
    const { status, headers } = await fetch(url + path, { redirect: 'manual' });
    // Browsers keep the fragment of the link where the new address has none.
    expect([status, headers.get('location')], path).toEqual([302, 'volunteer']);
  }
  for (const path of ['i/K7QF-2M9X', 'codes/K7QF2M9X']) {
    const { ok, headers } = await fetch(url + path, { redirect: 'manual' });
    expect([ok, headers.get('location')], `${path} would be in logs`).toEqual([false, null]);
  }
});

test('a code whose invite was revoked says so, and so does one that has expired', async () => {
  const { url, owner, clock } = await privateRoom();
  const [token, other, brief] = [
    await tokenFrom(owner),
    await tokenFrom(owner, { expiresInS: 2 * CODE_VALID_S }),
    await tokenFrom(owner, { expiresInS: 60 }),
  ];
  const [code, lasting, short] = [
    await codeFrom(owner, token),
    await codeFrom(owner, other),
    await codeFrom(owner, brief),
  ];
  await owner.ask('revoke', { token });
  expect(await look(url, code)).toMatchObject(refused('not-invited', /has revoked this invite/));
  expect(await owner.ask('inviteCode', { token }), 'nor does it get another').toMatchObject(
    refused('not-invited', /has revoked/),
  );
  clock.advance(61_000);
  expect(await look(url, short), 'with its invite').toMatchObject(refused('not-invited', /code has expired/));
  expect(await look(url, lasting)).toMatchObject({ ok: true });
  clock.advance(CODE_VALID_S * 1_000 - 61_000);
  expect(await look(url, lasting), 'after a day').toMatchObject(refused('not-invited', /code has expired/));
  clock.advance(ENDED_CODE_KEPT_MS);
  expect(await look(url, lasting), 'and is forgotten').toMatchObject(refused('not-invited', /no such code/));
});

test('only who may invite gets a code, only for an invite into its own room, and none for an invite that makes owners or lets guests invite', async () => {
  const { url, owner, room } = await privateRoom();
  const token = await tokenFrom(owner);
  const guest = bed.page(url);
  const asGamer = await tokenFrom(owner, { role: 'gamer' });
  const { pass } = await guest.join({ room, invite: asGamer });
  const stranger = bed.page(url);
  await stranger.join({ inviteOnly: true });
  const ask = (page: TestPage, of: string | undefined) => page.ask('inviteCode', { token: of });
  expect(await ask(guest, token)).toMatchObject(refused('not-invited', /Only the owner/));
  expect(await ask(stranger, token)).toMatchObject(refused('not-invited', /not an invite into this room/));
  expect(await ask(owner, pass)).toMatchObject(refused('not-invited', /a member’s pass/));
  expect(await ask(owner, 'nonsense')).toMatchObject(refused('not-invited', /not valid/));
  const back = await tokenFrom(owner, { role: 'gamer', owner: true });
  expect(await ask(owner, back)).toMatchObject(refused('not-invited', /makes owners/));
  const inviting = await tokenFrom(owner, { role: 'gamer', mayInvite: true });
  expect(await ask(owner, inviting)).toMatchObject(refused('not-invited', /lets guests invite/));
  expect(await ask(owner, asGamer)).toMatchObject({ ok: true });
});

test('the code of an invite that lasts longer leads to one that ends with the code, and is used up and revoked with the longer one', async () => {
  const { url, owner, room, clock } = await privateRoom();
  const token = await tokenFrom(owner, { expiresInS: 2 * CODE_VALID_S, uses: 1 });
  const answer = await look(url, await codeFrom(owner, token));
  const short = answer.ok ? answer.value.token : '';
  expect(short).not.toBe(token);
  const join = (invite: string) => bed.page(url).tryJoin({ role: 'volunteer', room, invite });
  clock.advance(CODE_VALID_S * 1_000);
  expect(await join(short)).toMatchObject(refused('not-invited', /has expired/));
  const code = await codeFrom(owner, token);
  const again = await look(url, code);
  const second = again.ok ? again.value.token : '';
  await bed.page(url).join({ role: 'volunteer', room, invite: second });
  expect(await join(token)).toMatchObject(refused('not-invited', /used up/));
  await owner.ask('revoke', { token });
  expect(await join(second)).toMatchObject(refused('not-invited', /has revoked/));
  expect(await look(url, code)).toMatchObject(refused('not-invited', /has revoked/));
});

test('in an open room a stranger cannot have the codes of others forgotten, nor with requests that are refused', async () => {
  const { url } = await bed.server();
  const owner = bed.page(url);
  const { room } = await owner.join({ room: 'den' });
  const code = await codeFrom(owner, await tokenFrom(owner));
  const stranger = bed.page(url);
  await stranger.join({ room });
  const asked: EventAnswer<unknown>[] = [];
  for (let times = 0; times < 2 * STORE_LIMITS.maxCodesPerRoom; times++) {
    asked.push(await stranger.ask('inviteCode', { token: await tokenFrom(stranger, { expiresInS: 7_200 }) }));
  }
  expect(
    asked.every(({ ok }) => ok),
    'its own give way',
  ).toBe(true);
  const another = bed.page(url);
  await another.join({ room });
  const token = await tokenFrom(another);
  expect(await another.ask('inviteCode', { token })).toMatchObject(refused('rate-limited', /this room/));
  expect(await look(url, code)).toMatchObject({ ok: true });
});

test('an address that guesses codes is locked out, and the right code is not even looked up; a page of another site cannot guess for its visitors', async () => {
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 });
  const owner = bed.page(url, undefined, { 'x-forwarded-for': '192.0.2.9' });
  await owner.join({ inviteOnly: true });
  const code = await codeFrom(owner, await tokenFrom(owner));
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const { ofAddress: most, windowMs } = GUESSES;
  // What a page of another site can have its visitors send is no guess.
  for (let times = 0; times < most; times++) {
    const { status } = await fetch(`${url}codes?code=0000000${times}`, { headers: from('192.0.2.1') });
    expect(status).toBe(400);
  }
  const preflight = await fetch(`${url}codes`, { method: 'OPTIONS' });
  expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([405, null]);
  for (let times = 0; times < most; times++) {
    expect(await look(url, `0000000${times}`, from('192.0.2.1'))).toMatchObject(refused('not-invited', /no such code/));
  }
  const lockedOut = refused('rate-limited', /Too many codes were tried from your network. Wait 10 min/);
  expect(await look(url, code, from('192.0.2.1'))).toMatchObject(lockedOut);
  expect(await look(url, code, from('198.51.100.1'))).toMatchObject({ ok: true });
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toContain('p2c2r_refusals_total{event="code",reason="locked-out"} 1');
  vi.setSystemTime(Date.now() + windowMs);
  expect(await look(url, code, from('192.0.2.1'))).toMatchObject({ ok: true });
});

test('codes that have ended lock nobody out of invites, and looking codes up takes no joins away', async () => {
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 });
  const owner = bed.page(url, undefined, { 'x-forwarded-for': '192.0.2.9' });
  const { room } = await owner.join({ inviteOnly: true });
  const invite = await tokenFrom(owner);
  const household = { 'x-forwarded-for': '192.0.2.1' };
  for (let times = 0; times < 2 * GUESSES.ofAddress; times++) await look(url, '00000000', household);
  expect(await look(url, '00000000', household)).toMatchObject(refused('rate-limited', /Too many codes/));
  for (let times = 0; times < LIMITS.codesPerAddress; times++) {
    const guest = bed.page(url, undefined, household);
    expect(await guest.join({ role: 'volunteer', room, invite })).toMatchObject({ room });
  }
});

test('codes that are looked up too fast are refused in words about codes', async () => {
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 });
  const owner = bed.page(url, undefined, { 'x-forwarded-for': '192.0.2.9' });
  await owner.join({ inviteOnly: true });
  const code = await codeFrom(owner, await tokenFrom(owner));
  const school = { 'x-forwarded-for': '192.0.2.1' };
  for (let times = 0; times < LIMITS.codesPerAddress; times++) {
    expect(await look(url, code, school)).toMatchObject({ ok: true });
  }
  const tooFast = refused('rate-limited', /^Too many codes were tried from your network. Wait \d+ s and try again.$/);
  expect(await look(url, code, school)).toMatchObject(tooFast);
});

test('a site that guesses from one address after the other is locked out as a whole', async () => {
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 });
  const from = (index: number) => ({ 'x-forwarded-for': `2001:db8:0:${index}::1` });
  for (let times = 0; times < GUESSES.ofSite; times++) {
    expect(await look(url, '00000000', from(times))).toMatchObject(refused('not-invited', /no such code/));
  }
  expect(await look(url, '00000000', from(999))).toMatchObject(refused('rate-limited', /Too many codes/));
  const elsewhere = { 'x-forwarded-for': '2001:db8:1::1' };
  expect(await look(url, '00000000', elsewhere)).toMatchObject(refused('not-invited', /no such code/));
});

test('a code that one instance made is found by another, both count the wrong ones, and Redis holds neither code nor invite', async () => {
  const redis = await TestRedis.start();
  const config = { redisUrl: redis.url, limitFactor: 1, trustedProxies: 1 };
  const [first, second] = [await bed.server(config), await bed.server(config)];
  const owner = bed.page(first.url);
  const { room } = await owner.join({ inviteOnly: true, name: 'tidy-puffin' });
  const token = await tokenFrom(owner);
  const code = await codeFrom(owner, token);
  expect(await look(second.url, code)).toMatchObject({ ok: true, value: { room, token } });

  const client = new Redis(redis.url);
  const keys = (await client.keys('p2c2r:code*')).sort();
  expect(keys).toHaveLength(4);
  const kept = [
    ...keys,
    ...Object.values(await client.hgetall(keys[0] ?? '')),
    ...(await client.zrange('p2c2r:codes', 0, -1)),
  ].join();
  for (const secret of [code, token, room, 'tidy-puffin']) expect(kept).not.toContain(secret);

  const guesser = { 'x-forwarded-for': '192.0.2.1' };
  for (let times = 0; times < GUESSES.ofAddress; times++) {
    await look(times % 2 ? first.url : second.url, `0000000${times}`, guesser);
  }
  for (const { url } of [first, second]) {
    expect(await look(url, code, guesser)).toMatchObject(refused('rate-limited', /Too many codes/));
  }
  client.disconnect();
  await bed.end();
  await redis.kill();
});

test('the longest invite, made in the most awkward name, fits what a store keeps of a code', async () => {
  const kept: string[] = [];
  const store = {
    keepCode: async ({ sealed }: KeptCode) => void kept.push(sealed),
    codeOf: async () => null,
    endCode: async () => {},
  };
  const room = { id: 'r', name: 'den', inviteOnly: true };
  const invites = {
    inspect: async () => ({
      ...{ id: 'x'.repeat(22), roomId: 'r', room: 'den', role: 'volunteer' as const, isOwner: false, mayInvite: false },
      ...{ expiresAtMs: 1e13, lineage: [] },
    }),
    invite: async () => 'x'.repeat(SIGNALING.maxInviteChars),
  };
  const codes = new InviteCodes('a secret of at least thirty-two characters', store, invites, new ManualServerClock());
  const name = '\u0001'.repeat(SIGNALING.maxNameChars);
  await codes.make('x'.repeat(SIGNALING.maxInviteChars), { id: 's', room, name, network: 'n' });
  expect(kept[0]?.length).toBeGreaterThan(3_000);
  expect(kept[0]?.length).toBeLessThanOrEqual(MAX_SEALED_CHARS);
});

test('codes look random and can be read aloud; an invite has one, however often it is asked for', async () => {
  const { owner } = await privateRoom();
  const codes = new Set<string>();
  for (let count = 0; count < 8; count++) {
    const token = await tokenFrom(owner);
    codes.add(await codeFrom(owner, token));
    codes.add(await codeFrom(owner, token));
  }
  expect(codes.size).toBe(8);
  for (const code of codes) expect(readInviteCode(code)).toBe(code);
});
