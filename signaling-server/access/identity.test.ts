import { afterEach, expect, test, vi } from 'vitest';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { sessionIdOf } from '../../shared/signaling.ts';
import { ACCUSATION_LIMIT } from '../rooms/reputation.ts';
import { ManualServerClock } from '../test-clock.ts';
import { eventually, TestBed, type TestPage } from '../test-server.ts';
import { sessionIdSync } from './identity.ts';
import { TestIdentity } from './test-identity.ts';

/** A volunteer's history is kept under the key that it proves to hold, and benefits nobody else. */
const bed = new TestBed();
afterEach(() => {
  vi.useRealTimers();
  return bed.end();
});

const ids = ({ introductions }: TestPage) => introductions.map(({ peerId }) => peerId);
const accuse = (gamer: TestPage, volunteerId: string) =>
  gamer.ask('accuse', { volunteerId, work: 'echo', reason: 'verify-failed' });
const done = { ok: true, value: null };
const unproven = {
  ok: false,
  error: { reason: 'verify-failed', message: expect.stringMatching(/without its history/) },
};

/** A gamer that has reported 90 completed tasks of the holder of an identity, which has left since. */
async function provenHistory(url: string, identity: TestIdentity) {
  const [gamer, first] = [bed.page(url), bed.page(url)];
  await gamer.join({ room: 'den' });
  const volunteerId = await identity.join(first, url);
  await gamer.caughtUp();
  expect(await gamer.ask('report', { volunteerId, completed: 90, failed: 0, rttMs: 5 })).toEqual(done);
  await first.ask('leave');
  return gamer;
}

/**
 * Between any score of a newcomer and of a volunteer with that history: 0.4 * 0.5 + 0.3 for a newcomer, and more than 0.7 for one with
 * a history and this gamer as its partner; the round trip, which differs from run to run, adds up to 0.2.
 */
const NEWCOMERS_BEST = 0.7;

/** The gamer's most recent introduction. */
async function newest(gamer: TestPage) {
  await gamer.caughtUp();
  return gamer.introductions.at(-1);
}

test('history follows the key to another session; gamers learn only the session', async () => {
  const { url } = await bed.server();
  const identity = await TestIdentity.make();
  const gamer = await provenHistory(url, identity);
  const id = await identity.join(bed.page(url), url);
  const introduction = await newest(gamer);
  expect(introduction?.peerId).toBe(id);
  expect(introduction?.score).toBeGreaterThan(NEWCOMERS_BEST);
  expect(new Set(ids(gamer)).size).toBe(2);
  expect(JSON.stringify(gamer.introductions)).not.toContain(identity.publicKey);
});

test('an unproven claim is introduced to nobody; a volunteer that fails to prove it is told so and serves as a newcomer', async () => {
  const { url } = await bed.server();
  const identity = await TestIdentity.make();
  const gamer = await provenHistory(url, identity);
  const thief = bed.page(url);
  const { id, challenge } = await identity.claim(thief);
  expect((await newest(gamer))?.peerId).not.toBe(id);
  const forger = await TestIdentity.make();
  expect(await forger.prove(thief, challenge, url)).toMatchObject(unproven);
  const introduction = await newest(gamer);
  expect(introduction?.peerId).toBe(id);
  expect(introduction?.score).toBeLessThanOrEqual(NEWCOMERS_BEST);
  expect(await identity.prove(thief, challenge, url), 'a challenge is answered once').toMatchObject({
    error: { reason: 'malformed' },
  });
});

test('a proof is valid for one join, one session and one server', async () => {
  const { url } = await bed.server();
  const { host } = new URL(url);
  const identity = await TestIdentity.make();
  const [page, other] = [bed.page(url), bed.page(url)];
  const used = await identity.claim(page);
  const signature = await identity.sign(used.challenge, page, host);
  expect(await page.ask('prove', { signature })).toEqual(done);

  await identity.claim(page);
  expect(await page.ask('prove', { signature }), 'replayed at the next join').toMatchObject(unproven);
  const { challenge } = await identity.claim(other);
  const ofAnother = await identity.sign(challenge, page, host);
  expect(await other.ask('prove', { signature: ofAnother }), 'another session’s').toMatchObject(unproven);
  const again = await identity.claim(other);
  const relayed = await identity.sign(again.challenge, other, 'evil.example');
  expect(await other.ask('prove', { signature: relayed }), 'relayed by another server').toMatchObject(unproven);
  const fresh = await identity.claim(other);
  expect(await identity.prove(other, fresh.challenge, url)).toEqual(done);
});

test('a key that is not a point on the curve proves nothing', async () => {
  const { url } = await bed.server();
  const page = bed.page(url);
  const { challenge } = await page.join({ role: 'volunteer', publicKey: 'A'.repeat(87) });
  expect(challenge).toMatch(/^[\w-]{22}$/);
  expect(await page.ask('prove', { signature: 'A'.repeat(86) })).toMatchObject(unproven);
});

test('a resumed session is still introduced while it proves its identity again', async () => {
  const { url } = await bed.server();
  const identity = await TestIdentity.make();
  const page = bed.page(url);
  const id = await identity.join(page, url);
  const again = bed.page(url, page.sessionKey);
  await identity.claim(again);
  const gamer = bed.page(url);
  expect((await gamer.join({ room: 'den' })).introductions).toMatchObject([{ peerId: id }]);
});

test('an accused volunteer ranks last in that room, with a new session too, but not in other rooms', async () => {
  const { url } = await bed.server();
  const cheat = await TestIdentity.make();
  const [reporter, first] = [bed.page(url), bed.page(url)];
  await reporter.join({ room: 'den' });
  const cheatId = await cheat.join(first, url);
  await reporter.caughtUp();
  expect(await reporter.ask('report', { volunteerId: cheatId, completed: 90, failed: 0, rttMs: 1 })).toEqual(done);
  expect(await accuse(reporter, cheatId)).toEqual(done);
  await first.ask('leave');

  const back = await cheat.join(bed.page(url), url);
  const failing = bed.page(url);
  const { id: failingId } = await failing.join({ role: 'volunteer', room: 'den' });
  await reporter.caughtUp();
  await reporter.ask('report', { volunteerId: failingId, completed: 0, failed: 90, rttMs: 1 });
  expect(ids(reporter), 'never again to the gamer that it cheated').not.toContain(back);
  const newcomer = bed.page(url);
  await newcomer.join({ room: 'den' });
  await newcomer.caughtUp();
  expect(ids(newcomer)).toEqual([failingId, back]);
  expect(newcomer.introductions[1]?.score).toBe(0);

  const elsewhere = await cheat.join(bed.page(url), url, { room: 'elsewhere' });
  await failing.join({ role: 'volunteer', room: 'elsewhere' });
  const stranger = bed.page(url);
  expect((await stranger.join({ room: 'elsewhere' })).introductions.map(({ peerId }) => peerId)[0]).toBe(elsewhere);
});

test('only gamers accuse, only volunteers they met, and only so often; a volunteer that left can still be accused', async () => {
  const clock = new ManualServerClock();
  const { url } = await bed.server({}, clock);
  const [gamer, volunteer, stranger] = [bed.page(url), bed.page(url), bed.page(url)];
  const { id: gamerId } = await gamer.join({ room: 'den' });
  const { id } = await volunteer.join({ room: 'den', role: 'volunteer' });
  const { id: strangerId } = await stranger.join({ room: 'elsewhere', role: 'volunteer' });
  await volunteer.ask('leave');
  expect(await accuse(gamer, id)).toEqual(done);
  await volunteer.join({ room: 'den', role: 'volunteer' });
  expect(await accuse(gamer, strangerId)).toMatchObject({ error: { reason: 'not-invited' } });
  expect(await accuse(volunteer, gamerId)).toMatchObject({ error: { reason: 'malformed' } });
  for (let count = 1; count < ACCUSATION_LIMIT.events; count++) await accuse(gamer, id);
  expect(await accuse(gamer, id)).toMatchObject({ error: { reason: 'rate-limited' } });
  vi.setSystemTime(Date.now() + ACCUSATION_LIMIT.windowMs);
  const gamerLater = bed.page(url, gamer.sessionKey);
  await gamerLater.join();
  expect(await accuse(gamerLater, id)).toEqual(done);
});

test('a volunteer does not learn the names of its gamers, nor in the lobby their rooms', async () => {
  const { url } = await bed.server({ lobby: true });
  const heard: unknown[] = [];
  const volunteer = bed.page(url);
  volunteer.socket.onAny((...event) => heard.push(event));
  await volunteer.join({ role: 'volunteer', lobby: true });
  const gamer = bed.page(url);
  await gamer.join({ room: 'Wednesday dungeon', name: 'Zebedee', lobby: true });
  await eventually('they are introduced', () => volunteer.introductions.length === 1);
  await gamer.signal((await newest(gamer))?.peerId ?? '');
  await gamer.ask('leave');
  await volunteer.caughtUp();
  expect(heard.map((event) => (event as string[])[0])).toEqual(['joined', 'introduce', 'signal', 'gone']);
  expect(JSON.stringify(heard)).not.toMatch(/Wednesday|Zebedee/);
});

test('an identity outlives the grace period of a session', async () => {
  const clock = new ManualServerClock();
  const { url } = await bed.server({}, clock);
  const identity = await TestIdentity.make();
  const gamer = await provenHistory(url, identity);
  clock.advance(SIGNALING.resumeGraceMs * 10);
  await identity.join(bed.page(url), url);
  expect((await newest(gamer))?.score).toBeGreaterThan(NEWCOMERS_BEST);
});

test('the server computes the same session id as the page', async () => {
  for (const key of ['k'.repeat(22), 'Zm9vYmFyYmF6-_12345678']) expect(sessionIdSync(key)).toBe(await sessionIdOf(key));
});
