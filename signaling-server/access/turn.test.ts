import { afterEach, expect, test } from 'vitest';
import type { EventAnswer, IceGrant } from '../../shared/signaling.ts';
import { serverClock } from '../clock.ts';
import { TestBed } from '../test-server.ts';
import { CONNECTION_TEST, RELAY_USERS_PER_SITE, RelayAccess, turnServerFor } from './turn.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const STUN = [{ urls: 'stun:stun.example:3478' }];
const TURN = { turnUrls: ['turn:turn.example:3478'], turnSecret: 'north-of-the-river', turnTtlS: 600 };

test('the credential is the HMAC-SHA1 of expiry and user under the secret', () => {
  // printf '1700000600:ann' | openssl dgst -sha1 -hmac north-of-the-river -binary | base64
  expect(turnServerFor('ann', TURN, 1_700_000_000_999, 600)).toEqual({
    urls: TURN.turnUrls,
    username: '1700000600:ann',
    credential: 'v+T6U978GMMY/lKsnlN1WL7hBFc=',
  });
});

test('without a TURN server nothing is added, and nothing expires', () => {
  const config = { iceServers: STUN, turnUrls: [], turnSecret: '', turnTtlS: 600, limitFactor: 1 };
  const relay = new RelayAccess(config, serverClock);
  expect(relay.grant({ id: 'ann', networks: ['address'] })).toEqual({ iceServers: STUN, iceValidS: null });
});

test('a session gets no credentials for joining, only with an introduction', async () => {
  let laterMs = 0;
  const { url } = await bed.server(
    { ...TURN, iceServers: STUN },
    epochPlus(() => laterMs),
  );
  const [ann, bob] = [bed.page(url), bed.page(url)];
  expect(await ann.join({ room: 'den' })).toMatchObject({ iceServers: STUN, iceValidS: null, relay: true });
  const bobsJoin = await bob.join({ room: 'den', role: 'volunteer' });
  expect(bobsJoin.introductions).toHaveLength(1);
  expect(bobsJoin.iceServers[1]?.username).toMatch(new RegExp(`^\\d+:${bobsJoin.id}$`));
  await ann.caughtUp();
  const [introduction] = ann.introductions;
  expect(introduction?.ice?.iceServers).toHaveLength(2);
  expect(introduction?.ice?.iceValidS).toBe(600);
  expect(introduction?.ice?.iceServers[1]?.credential).not.toBe(bobsJoin.iceServers[1]?.credential);

  laterMs = 5_000;
  const again = await ann.join({ room: 'den' });
  expect(again.resumed).toBe(true);
  expect(endS(again)).toBe(endS(bobsJoin) + 5);
});

test('a relay of ICE_SERVERS is for introduced sessions too', async () => {
  const iceServers = [...STUN, { urls: 'turn:turn.example', username: 'u', credential: 'c' }];
  const { url } = await bed.server({ iceServers });
  const [ann, bob] = [bed.page(url), bed.page(url)];
  expect(await ann.join({ room: 'den' })).toMatchObject({ iceServers: STUN, relay: true });
  expect(await ann.ask('ice', null)).toEqual({ ok: true, value: { iceServers: STUN, iceValidS: null } });
  expect(await bob.join({ room: 'den', role: 'volunteer' })).toMatchObject({ iceServers });
  await ann.caughtUp();
  expect(ann.introductions[0]?.ice).toEqual({ iceServers, iceValidS: null });
});

test('credentials are renewed for as long as a session knows somebody', async () => {
  let laterMs = 0;
  const { url } = await bed.server(
    TURN,
    epochPlus(() => laterMs),
  );
  const [ann, bob, nobody] = [bed.page(url), bed.page(url), bed.page(url)];
  await ann.join({ room: 'den' });
  const { id, ...first } = await bob.join({ room: 'den', role: 'volunteer' });
  laterMs = 450_000;
  const renewed = granted(await bob.ask<IceGrant>('ice', null));
  expect(renewed.iceValidS).toBe(600);
  expect(endS(renewed)).toBe(endS(first) + 450);
  expect(renewed.iceServers[0]?.username).toMatch(new RegExp(`:${id}$`));
  await ann.ask('leave');
  await bob.caughtUp();
  expect(granted(await bob.ask<IceGrant>('ice', null)).iceValidS).toBe(CONNECTION_TEST.maxValidS);
  await nobody.open({});
  expect(await nobody.ask('ice', null)).toMatchObject({ error: { reason: 'not-invited' } });
});

test('a connection test gets credentials of a minute, and an address only so many', async () => {
  const { url } = await bed.server(
    { ...TURN, limitFactor: 1 },
    epochPlus(() => 0),
  );
  const [ann, other] = [bed.page(url), bed.page(url)];
  await ann.join({ room: 'den' });
  await other.join({ room: 'attic' });
  const test = granted(await ann.ask<IceGrant>('ice', null));
  expect(test.iceValidS).toBe(60);
  expect(endS(test)).toBe(1_700_000_060);
  for (let times = 1; times < CONNECTION_TEST.perAddress; times++) {
    expect(await ann.ask('ice', null)).toMatchObject({ ok: true });
  }
  expect(await ann.ask('ice', null)).toMatchObject({ error: { reason: 'rate-limited' } });
  expect(await other.ask('ice', null), 'another session of this address').toMatchObject({ ok: false });
});

test('all sessions of an address have one quota at the relay, however many it opens, introduced or testing', async () => {
  const { url } = await bed.server({ ...TURN, limitFactor: 1 });
  const users = new Set<string | undefined>();
  for (const room of ['den', 'attic']) {
    const [gamer, volunteer] = [bed.page(url), bed.page(url)];
    const { id } = await gamer.join({ room });
    const tests = granted(await gamer.ask<IceGrant>('ice', null));
    for (const { iceServers } of [tests, await volunteer.join({ room, role: 'volunteer' })]) {
      expect(iceServers[0]?.username).not.toContain(id);
      users.add(userOf(iceServers));
    }
  }
  expect([...users]).toEqual([expect.stringMatching(/^[\w-]{16}$/)]);
});

test('the addresses of a site have a few quotas between them, and LIMIT_FACTOR gives an address more', () => {
  const usersOf = (limitFactor: number, places: { id: string; networks: string[] }[]) => {
    const relay = new RelayAccess({ iceServers: [], ...TURN, limitFactor }, serverClock);
    return new Set(places.map((place) => userOf(relay.grant(place).iceServers))).size;
  };
  const many = Array.from({ length: 200 }, (_, index) => index);
  const ofSite = many.map((index) => ({ id: 'ann', networks: [`address ${index}`, 'between', 'site'] }));
  const ofAddress = many.map((index) => ({ id: `session ${index}`, networks: ['address', 'between', 'site'] }));
  const apart = many.map((index) => ({ id: 'ann', networks: [`address ${index}`] }));
  expect([usersOf(1, ofSite), usersOf(1, apart)]).toEqual([RELAY_USERS_PER_SITE, many.length]);
  expect([usersOf(1, ofAddress), usersOf(3, ofAddress)]).toEqual([1, 3]);
  expect(usersOf(0, ofAddress), 'without limits').toBe(many.length);
});

test('a site that tests from one address after the other is refused in the end, and others are not', async () => {
  const relay = new RelayAccess(
    { iceServers: [], ...TURN, limitFactor: 1 },
    epochPlus(() => 0),
  );
  const testFrom = (address: number, site = 'site') =>
    relay.testGrant({ id: 'ann', networks: [`address ${address}`, 'between', site] });
  const mostTests = CONNECTION_TEST.perAddress * CONNECTION_TEST.networkTimes;
  for (let address = 0; address < mostTests; address++) await testFrom(address);
  await expect(testFrom(mostTests)).rejects.toMatchObject({ reason: 'rate-limited' });
  await expect(testFrom(mostTests + 1, 'another site')).resolves.toMatchObject({ iceValidS: 60 });
});

const epochPlus = (laterMs: () => number) => ({ ...serverClock, epochMs: () => 1_700_000_000_000 + laterMs() });

function granted<T>(answer: EventAnswer<T>): T {
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

const userOf = (iceServers: IceGrant['iceServers']) => iceServers[0]?.username?.replace(/^\d+:/, '');

const endS = ({ iceServers }: { iceServers: { username?: string }[] }) =>
  Number.parseInt(iceServers.find(({ username }) => username)?.username ?? '', 10);
