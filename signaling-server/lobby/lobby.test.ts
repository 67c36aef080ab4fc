import { afterEach, expect, test } from 'vitest';
import { IDLE_STATUS, TestBed, type TestPage } from '../test-server.ts';

/** Lobby volunteers serve any gamer that asks, in fair shares, and only where a room's own volunteers do not suffice. */
const bed = new TestBed();
afterEach(() => bed.end());

const inLobby = { role: 'volunteer', lobby: true } as const;
const forOne = { ...IDLE_STATUS, maxGamers: 1 };

/** The peers a page is introduced to now. */
async function peersOf(page: TestPage): Promise<string[]> {
  await page.caughtUp();
  // A volunteer that was transferred away may return.
  const times = (events: readonly { peerId: string }[], id: string) =>
    events.filter(({ peerId }) => peerId === id).length;
  const ids = new Set(page.introductions.map(({ peerId }) => peerId));
  return [...ids].filter((id) => times(page.introductions, id) > times(page.farewells, id));
}

test('without a lobby volunteers are refused, gamers are told, and a room named lobby is an ordinary room', async () => {
  const { url } = await bed.server();
  const [volunteer, gamer] = [bed.page(url), bed.page(url)];
  expect(await volunteer.tryJoin(inLobby)).toMatchObject({
    error: { reason: 'not-invited', message: expect.stringMatching(/no open lobby/) },
  });
  expect(await gamer.join({ lobby: true })).toMatchObject({ lobby: false });
  expect(await gamer.ask('lobby', { open: true })).toMatchObject({ error: { reason: 'not-invited' } });
  expect(await gamer.ask('lobby', { open: false })).toEqual({ ok: true, value: null });
});

test('lobby volunteers help only the gamers that ask for them, and a gamer may change its mind', async () => {
  const { url } = await bed.server({ lobby: true });
  const [volunteer, open, closed] = [bed.page(url), bed.page(url), bed.page(url)];
  const { id } = await volunteer.join(inLobby);
  expect(await open.join({ lobby: true })).toMatchObject({ lobby: true, introductions: [{ peerId: id }] });
  expect(await closed.join({ room: 'lobby' })).toMatchObject({ lobby: true, introductions: [] });
  expect(await volunteer.ask('lobby', { open: true })).toMatchObject({ error: { reason: 'malformed' } });
  await open.ask('lobby', { open: false });
  await closed.ask('lobby', { open: true });
  expect(await peersOf(open)).toEqual([]);
  expect(await peersOf(closed)).toEqual([id]);
  expect(await volunteer.signal((await closed.join({ room: 'lobby', lobby: true })).id)).toMatchObject({ ok: true });
});

test('scarce lobby volunteers are shared: a gamer that comes later gets a share of those already taken', async () => {
  const { url } = await bed.server({ lobby: true });
  const volunteers = Array.from({ length: 4 }, () => bed.page(url));
  for (const page of volunteers) await page.join({ ...inLobby, status: forOne });
  const [first, second, third] = [bed.page(url), bed.page(url), bed.page(url)] as const;
  const shares = async (...pages: TestPage[]) => {
    const peers = await Promise.all(pages.map(peersOf));
    return peers.map(({ length }) => length).toSorted();
  };
  await first.join({ lobby: true });
  expect(await shares(first)).toEqual([4]);
  await second.join({ lobby: true });
  expect(await shares(first, second)).toEqual([2, 2]);
  await third.join({ lobby: true });
  expect(await shares(first, second, third)).toEqual([1, 1, 2]);
  const { farewells } = volunteers[0] as TestPage;
  await second.ask('leave');
  expect(await shares(first, third)).toEqual([2, 2]);
  expect(farewells.every(({ why }) => why === 'left')).toBe(true);
});

test('a room’s own volunteers come first and replace those from the lobby', async () => {
  const { url } = await bed.server({ lobby: true, maxIntroductions: 2 });
  const lobby = [bed.page(url), bed.page(url)];
  for (const page of lobby) await page.join(inLobby);
  const gamer = bed.page(url);
  await gamer.join({ room: 'den', lobby: true });
  expect(await peersOf(gamer)).toHaveLength(2);
  const own: string[] = [];
  for (const count of [1, 2]) {
    own.push((await bed.page(url).join({ role: 'volunteer', room: 'den' })).id);
    const peers = await peersOf(gamer);
    expect(peers).toHaveLength(2);
    expect(peers.filter((id) => own.includes(id))).toHaveLength(count);
  }
});

test('an accusation counts only in the accuser’s room, even when both rooms use the lobby', async () => {
  const { url } = await bed.server({ lobby: true });
  const [volunteer, liar, other] = [bed.page(url), bed.page(url), bed.page(url)];
  const { id } = await volunteer.join(inLobby);
  await liar.join({ room: 'a', lobby: true });
  expect(await liar.ask('accuse', { volunteerId: id, work: 'echo', reason: 'verify-failed' })).toMatchObject({
    ok: true,
  });
  const { introductions } = await other.join({ room: 'b', lobby: true });
  expect(introductions).toMatchObject([{ peerId: id }]);
  expect(introductions[0]?.score).toBeGreaterThan(0);
});

test('a gamer that states its needs is introduced to volunteers that meet them, and to others once they do', async () => {
  const { url } = await bed.server({ lobby: true });
  const [able, other, picky, open] = [bed.page(url), bed.page(url), bed.page(url), bed.page(url)];
  const { id } = await able.join({ ...inLobby, status: { ...IDLE_STATUS, tasks: ['echo', 'upscale'] } });
  const { id: otherId } = await other.join({ ...inLobby, status: { ...IDLE_STATUS, tasks: ['echo'] } });
  await picky.join({ lobby: true, needs: ['upscale', 'infer'] });
  await open.join({ lobby: true });
  expect(await peersOf(picky)).toEqual([id]);
  expect((await peersOf(open)).toSorted()).toEqual([id, otherId].toSorted());
  await other.ask('status', { ...IDLE_STATUS, tasks: ['echo', 'infer'] });
  expect((await peersOf(picky)).toSorted()).toEqual([id, otherId].toSorted());
});

test('the capacity of rooms does not limit the lobby', async () => {
  const { url } = await bed.server({ lobby: true, roomCapacity: 2 });
  for (let count = 0; count < 3; count++) await bed.page(url).join(inLobby);
});

test('a volunteer that lost its socket resumes in the lobby', async () => {
  const { url } = await bed.server({ lobby: true });
  const volunteer = bed.page(url);
  const { room, inviteOnly } = await volunteer.join(inLobby);
  const again = bed.page(url, volunteer.sessionKey);
  expect(await again.join({ ...inLobby, room, inviteOnly })).toMatchObject({ resumed: true });
});
