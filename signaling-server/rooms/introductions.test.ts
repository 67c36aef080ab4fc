import { afterEach, expect, test } from 'vitest';
import { IDLE_STATUS, TestBed, type TestPage } from '../test-server.ts';
import { DEFAULT_MAX_INTRODUCTIONS } from './introductions.ts';

/** Introductions happen on joining, leaving and changes of status, within the limits of both sides. */
const bed = new TestBed();
afterEach(() => bed.end());

const room = 'den';
const ids = ({ introductions }: TestPage) => introductions.map(({ peerId }) => peerId);

test('a gamer is introduced to as many volunteers as allowed, and to another when one leaves', async () => {
  const { url } = await bed.server();
  const volunteers = Array.from({ length: DEFAULT_MAX_INTRODUCTIONS + 2 }, () => bed.page(url));
  const volunteerIds: string[] = [];
  for (const page of volunteers) volunteerIds.push((await page.join({ room, role: 'volunteer' })).id);
  const gamer = bed.page(url);
  await gamer.join({ room });
  await gamer.caughtUp();
  expect(new Set(ids(gamer)).size).toBe(DEFAULT_MAX_INTRODUCTIONS);
  const leaving = volunteers.find((_, index) => volunteerIds[index] === gamer.introductions[0]?.peerId);
  await leaving?.ask('leave');
  await gamer.caughtUp();
  expect(gamer.farewells).toEqual([{ peerId: gamer.introductions[0]?.peerId, why: 'left' }]);
  expect(new Set(ids(gamer)).size).toBe(DEFAULT_MAX_INTRODUCTIONS + 1);
});

test('a gamer that can open no links takes no place, in its room or at the lobby', async () => {
  const { url } = await bed.server({ lobby: true });
  const status = { ...IDLE_STATUS, maxGamers: 1 };
  const [alone, gamer, volunteer, ofLobby] = [bed.page(url), bed.page(url), bed.page(url), bed.page(url)];
  await volunteer.join({ room, role: 'volunteer', status });
  await ofLobby.join({ lobby: true, role: 'volunteer', status });
  await alone.join({ room, lobby: true, worksAlone: true });
  await gamer.join({ room, lobby: true });
  await Promise.all([alone, gamer].map((page) => page.caughtUp()));
  expect([ids(alone).length, new Set(ids(gamer)).size]).toEqual([0, 2]);
});

test('a volunteer is introduced once it accepts work, to as many gamers as it wants', async () => {
  const { url } = await bed.server();
  const [one, two, volunteer] = [bed.page(url), bed.page(url), bed.page(url)];
  await one.join({ room });
  await two.join({ room });
  const paused = { ...IDLE_STATUS, accepting: false, maxGamers: 1 };
  await volunteer.join({ room, role: 'volunteer', status: paused });
  const introduced = async (change: object) => {
    expect(await volunteer.ask('status', { ...paused, ...change })).toEqual({ ok: true, value: null });
    await volunteer.caughtUp();
    return new Set(ids(volunteer)).size;
  };
  expect(await introduced({ load: 0.5 })).toBe(0);
  expect(await introduced({ accepting: true })).toBe(1);
  expect(await introduced({ accepting: true, maxGamers: 2 })).toBe(2);
});

test('gamers’ reports move a volunteer up or down for the next gamer', async () => {
  const { url } = await bed.server({ maxIntroductions: 2 });
  const [reporter, good, bad] = [bed.page(url), bed.page(url), bed.page(url)];
  await reporter.join({ room });
  const { id: goodId } = await good.join({ room, role: 'volunteer' });
  const { id: badId } = await bad.join({ room, role: 'volunteer' });
  const report = (volunteerId: string, completed: number, failed: number) =>
    reporter.ask('report', { volunteerId, completed, failed, rttMs: 5 });
  expect(await report(goodId, 90, 0)).toEqual({ ok: true, value: null });
  expect(await report(badId, 0, 90)).toEqual({ ok: true, value: null });
  const newcomer = bed.page(url);
  await newcomer.join({ room });
  await newcomer.caughtUp();
  expect(ids(newcomer)).toEqual([goodId, badId]);

  // A reputation outlives the membership it was earned in.
  await good.ask('leave');
  await good.join({ room, role: 'volunteer' });
  await newcomer.caughtUp();
  expect(newcomer.introductions.at(-1)).toMatchObject({ peerId: goodId });
  // It has another gamer, which may take half of its time, and one network has spoken for it.
  expect(newcomer.introductions.at(-1)?.score).toBeGreaterThan(0.5);
});
