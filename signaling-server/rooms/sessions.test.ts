import { Manager } from 'socket.io-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { sessionIdOf } from '../../shared/signaling.ts';
import { JOIN_TIMEOUT_MS } from '../sockets/client-socket.ts';
import { ManualServerClock } from '../test-clock.ts';
import { eventually, TestBed } from '../test-server.ts';

/** Sessions that outlive their sockets: grace period, resuming, replacing, restarts of the server. */
const bed = new TestBed();
let clock: ManualServerClock;
beforeEach(() => {
  clock = new ManualServerClock();
});
afterEach(() => bed.end());

async function pair(url: string) {
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { id: gamerId } = await gamer.join({ room: 'den' });
  const { id: volunteerId } = await volunteer.join({ room: 'den', role: 'volunteer' });
  return { gamer, volunteer, gamerId, volunteerId };
}

/** Ends a page's socket the way a lost network would, and waits until the server has noticed. */
async function lose(url: string, page: { socket: { io: { engine: { close(): void } } } }) {
  const sockets = async () => (await (await fetch(`${url}healthz`)).json()).counts.sockets as number;
  const before = await sockets();
  page.socket.io.engine.close();
  await eventually('the server notices the lost socket', async () => (await sockets()) < before);
}

test('within its grace period a session resumes: same id, introduced again, with the queued signals', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, gamerId, volunteerId } = await pair(url);
  await lose(url, volunteer);
  clock.advance(SIGNALING.resumeGraceMs - 1);
  expect(await gamer.signal(volunteerId, 0, 'stale')).toMatchObject({ ok: true });
  expect(await gamer.signal(volunteerId, 1, 'first')).toMatchObject({ ok: true });
  expect(await gamer.signal(volunteerId, 1, 'second')).toMatchObject({ ok: true });

  const back = bed.page(url, volunteer.sessionKey);
  expect(await back.join({ role: 'volunteer', room: 'den' })).toMatchObject({ id: volunteerId, resumed: true });
  await Promise.all([back.caughtUp(), gamer.caughtUp()]);
  expect(back.introductions.map(({ peerId }) => peerId)).toEqual([gamerId]);
  expect(back.signals.map(({ signal }) => 'sdp' in signal && signal.sdp)).toEqual(['first', 'second']);
  expect(gamer.introductions.map(({ peerId }) => peerId)).toEqual([volunteerId, volunteerId]);
  expect(gamer.farewells).toEqual([]);
  clock.advance(SIGNALING.resumeGraceMs);
  await gamer.caughtUp();
  expect(gamer.farewells, 'resuming ended the grace period').toEqual([]);
});

test('after its grace period a session expires, and its peers are told', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, volunteerId } = await pair(url);
  await lose(url, volunteer);
  clock.advance(SIGNALING.resumeGraceMs);
  await gamer.caughtUp();
  expect(gamer.farewells).toEqual([{ peerId: volunteerId, why: 'expired' }]);
  expect(await gamer.signal(volunteerId)).toMatchObject({ error: { reason: 'not-invited' } });
  const back = bed.page(url, volunteer.sessionKey);
  expect(await back.join({ role: 'volunteer', room: 'den' })).toMatchObject({ id: volunteerId, resumed: false });
});

test('the queue of an absent member is bounded, and a sender is told when it is full', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, volunteerId } = await pair(url);
  await lose(url, volunteer);
  for (let sent = 0; sent < SIGNALING.maxBufferedSignals; sent++) {
    expect(await gamer.signal(volunteerId)).toMatchObject({ ok: true });
  }
  expect(await gamer.signal(volunteerId)).toMatchObject({ error: { reason: 'queue-full' } });
  expect(await gamer.signal(volunteerId, 1), 'a newer attempt replaces the older ones').toMatchObject({
    ok: true,
  });
});

test('a member that was away when its peer left is told on its return, and gets no signal from that peer', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, gamerId, volunteerId } = await pair(url);
  await lose(url, volunteer);
  await gamer.signal(volunteerId);
  expect(await gamer.ask('leave')).toEqual({ ok: true, value: null });
  const back = bed.page(url, volunteer.sessionKey);
  await back.join({ role: 'volunteer', room: 'den' });
  await back.caughtUp();
  expect(back.farewells).toEqual([{ peerId: gamerId, why: 'left' }]);
  expect(back.signals).toEqual([]);
});

test('a newer socket of a session replaces the older one, which is told', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, volunteerId } = await pair(url);
  const newer = bed.page(url, volunteer.sessionKey);
  expect(await newer.join({ role: 'volunteer' }), 'without naming a room it returns to its own').toMatchObject({
    room: 'den',
    resumed: true,
  });
  expect(await volunteer.ended).toBe('io server disconnect');
  expect(volunteer.farewells).toEqual([{ peerId: volunteerId, why: 'replaced' }]);
  await gamer.signal(volunteerId);
  await newer.caughtUp();
  expect(newer.signals).toHaveLength(1);
  expect(gamer.farewells).toEqual([]);
});

test('a session that joins another room leaves the first', async () => {
  const { url } = await bed.server({}, clock);
  const { gamer, volunteer, volunteerId } = await pair(url);
  const moved = bed.page(url, volunteer.sessionKey);
  expect(await moved.join({ role: 'volunteer', room: 'elsewhere' })).toMatchObject({ id: volunteerId, resumed: false });
  await gamer.caughtUp();
  expect(gamer.farewells).toEqual([{ peerId: volunteerId, why: 'left' }]);
});

test('a stopping server ends its sockets so that pages reconnect; a successor with the same secret admits members by their passes', async () => {
  const stateDir = await bed.folder();
  const first = await bed.server({ stateDir, inviteSecret: '' }, clock);
  const owner = bed.page(first.url);
  const { id, room, pass } = await owner.join({ inviteOnly: true });
  await first.close();
  expect(await owner.ended, 'a reason after which socket.io reconnects').toBe('transport close');

  const second = await bed.server({ stateDir, inviteSecret: '' }, clock);
  const back = bed.page(second.url, owner.sessionKey);
  expect(await back.join({ room, invite: pass })).toMatchObject({ id, room, inviteOnly: true, resumed: false });
  expect(await bed.page(second.url).tryJoin({ room })).toMatchObject({ error: { reason: 'not-invited' } });
  expect(await bed.page(second.url).tryJoin({ room, invite: pass }), 'a pass is valid for one session').toMatchObject({
    error: { reason: 'not-invited' },
  });
});

test('a page that makes an open room under the name of an invite-only one meets none of its members', async () => {
  const first = await bed.server({}, clock);
  const owner = bed.page(first.url);
  const { room, pass } = await owner.join({ inviteOnly: true });
  await first.close();

  const second = await bed.server({}, clock);
  const squatter = bed.page(second.url);
  expect(await squatter.join({ room, role: 'volunteer' })).toMatchObject({ inviteOnly: false });
  const back = bed.page(second.url, owner.sessionKey);
  expect(await back.join({ room, invite: pass })).toMatchObject({ inviteOnly: true });
  await Promise.all([squatter.caughtUp(), back.caughtUp()]);
  expect([...squatter.introductions, ...back.introductions]).toEqual([]);
});

test('a socket whose join was refused, or whose session left, is ended after a while', async () => {
  const { url } = await bed.server({}, clock);
  const [refused, left, member] = [bed.page(url), bed.page(url), bed.page(url)];
  for (const page of [left, member]) await page.join();
  clock.advance(JOIN_TIMEOUT_MS / 2);
  await refused.open({});
  await left.ask('leave');
  clock.advance(JOIN_TIMEOUT_MS - 1);
  await Promise.all([refused.caughtUp(), left.caughtUp()]);
  clock.advance(1);
  expect(await Promise.all([refused.ended, left.ended])).toEqual(Array(2).fill('io server disconnect'));
  await member.caughtUp();
});

test('a connection that sends no handshake at all is ended', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { url } = await bed.server({}, clock);
    // socket.io's manager opens a connection; its sockets, of which this one has none, send the handshakes.
    const silent = new Manager(url, { transports: ['websocket'], reconnection: false });
    const closed = new Promise((resolve) => silent.on('close', resolve));
    await new Promise<void>((resolve) => silent.on('open', resolve));
    vi.advanceTimersByTime(JOIN_TIMEOUT_MS);
    await closed;
  } finally {
    vi.useRealTimers();
  }
});

test('an empty room vanishes, and the counts follow', async () => {
  const { url } = await bed.server({}, clock);
  const counts = async () => (await (await fetch(`${url}healthz`)).json()).counts;
  const { gamer, volunteer } = await pair(url);
  expect(await counts()).toEqual({ sockets: 2, rooms: 1, gamers: 1, volunteers: 1 });
  await gamer.ask('leave');
  await volunteer.ask('leave');
  expect(await counts()).toEqual({ sockets: 2, rooms: 0, gamers: 0, volunteers: 0 });
  expect(await gamer.join({ room: 'den', inviteOnly: true }), 'a new room of the same name').toMatchObject({
    inviteOnly: true,
  });
  expect(await sessionIdOf(gamer.sessionKey)).toMatch(/^[\w-]{22}$/);
});
