import type { Page } from 'playwright/test';
import { TestPage } from '../signaling-server/test-server.ts';
import { expect, openSdk, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';
import { openStillGamer } from './gamer-page.ts';
import { startServer } from './server.ts';

/**
 * Upper bound of the score of a volunteer without history that has another gamer: even odds, half its time, and round trips of half a
 * millisecond, faster than two browsers answer; see RANKING. With a good history the score is higher at any distance, also that of a busy
 * machine: 0.4 * 6 / 7 + 0.3 / 2 = 0.493.
 */
const NEWCOMERS_BEST = 0.2 + 0.15 + 0.2 / 1.5;
const ROOM = 'Wednesday dungeon';

/** Starts a volunteer in a page, also after a reload. */
async function volunteer(page: Page, name: string): Promise<void> {
  await page.evaluate(
    async (options) => {
      window.node = await window.sdk.VolunteerNode.start({ ...options, backend: 'js' });
    },
    { room: ROOM, name },
  );
}

/** The scores by name, as a newly joined gamer receives them once this many volunteers are linked. */
async function scoresOf(page: Page, volunteers: number): Promise<Record<string, number>> {
  return page.evaluate(
    async ({ room, count }) => {
      const client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
      await client.whenReady({ volunteers: count, timeoutMs: 30_000 });
      const scores = client.volunteers.map(({ name, score }) => [name, score] as const);
      await client.close();
      return Object.fromEntries(scores);
    },
    { room: ROOM, count: volunteers },
  );
}

test('a volunteer’s history survives a reload; its reputation in a room does not survive a report @long', async ({
  browser,
  server,
  sdkPage,
  gamerPage,
}) => {
  const veteran = await sdkPage();
  await volunteer(veteran, 'veteran');
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(async () => {
    const echo = (byte: number) => window.client.submitTask('echo', { bytes: new Uint8Array([byte]) }).result;
    await Promise.all(Array.from({ length: 100 }, (_, byte) => echo(byte)));
  });
  const visitor = await sdkPage();
  const score = async () => (await scoresOf(visitor, 1)).veteran;
  await expect.poll(score, { message: 'the report arrives' }).toBeGreaterThan(NEWCOMERS_BEST);
  const firstId = await gamer.evaluate(() => window.client.volunteers[0]?.id);

  await veteran.reload();
  await openSdk(veteran, server.url);
  await volunteer(veteran, 'veteran');
  await gamer.waitForFunction((id) => window.client.volunteers.some((one) => one.id !== id), firstId);
  expect(await score(), 'under another id').toBeGreaterThan(NEWCOMERS_BEST);

  const reporter = new TestPage(server.url);
  const { introductions } = await reporter.join({ room: ROOM });
  const [introduction] = introductions;
  const report = { volunteerId: introduction?.peerId, work: 'echo', reason: 'verify-failed' };
  expect(await reporter.ask('accuse', report)).toEqual({ ok: true, value: null });
  reporter.close();
  await veteran.reload();
  await openSdk(veteran, server.url);
  await volunteer(veteran, 'veteran');
  const otherProfile = await browser.newContext();
  const newcomer = await otherProfile.newPage();
  await openSdk(newcomer, server.url);
  await volunteer(newcomer, 'newcomer');
  const scores = await scoresOf(visitor, 2);
  await otherProfile.close();
  expect(scores.veteran).toBe(0);
  expect(scores.newcomer).toBeGreaterThan(0);
});

test('a volunteer of another browser profile has another identity', async ({ browser, server, sdkPage }) => {
  const keyOf = async (page: Page) => {
    await volunteer(page, 'one');
    return page.evaluate(async () => {
      const opening = indexedDB.open('p2c2r-identity');
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const asking = opening.result.transaction('pairs').objectStore('pairs').getAll();
      await new Promise((resolve) => asking.addEventListener('success', resolve));
      const pairs: CryptoKeyPair[] = asking.result;
      const jwks = pairs.map(({ publicKey }) => crypto.subtle.exportKey('jwk', publicKey));
      return { keys: (await Promise.all(jwks)).map(({ x }) => x), extractable: pairs[0]?.privateKey.extractable };
    });
  };
  const one = await keyOf(await sdkPage());
  expect(one).toEqual({ keys: [expect.any(String)], extractable: false });
  expect(await keyOf(await sdkPage()), 'the same profile').toEqual(one);
  const other = await browser.newContext();
  const page = await other.newPage();
  await openSdk(page, server.url);
  expect((await keyOf(page)).keys).not.toEqual(one.keys);
  await other.close();
});

/** Records everything that channels send from this thread, as text with one character per byte. */
function record(): void {
  const sent: string[] = [];
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: never) {
    const bytes = new Uint8Array(
      ArrayBuffer.isView(data) ? (data as Uint8Array).slice().buffer : (data as ArrayBuffer),
    );
    sent.push(`${this.label}:${Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')}`);
    return send.call(this, data);
  };
  Object.assign(globalThis, { sent });
}
const recorded = () => (globalThis as unknown as { sent: string[] }).sent;

test('nothing that is sent to a volunteer names the room, the gamer or the game', async ({
  sdkPage,
  volunteerPage,
}) => {
  const helper = await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await sdkPage();
  await gamer.evaluate(record);
  // A worker that only tries something may be gone by then.
  const recording: Promise<void>[] = [];
  gamer.on('worker', (worker) => recording.push(worker.evaluate(record).catch(() => {})));
  await gamer.evaluate(async (room) => {
    document.title = 'Caverns of Confidence';
    const { GamerClient } = window.sdk;
    window.client = await GamerClient.connect({ room, name: 'Zebedee Doe', where: 'volunteers' });
    await window.client.whenReady();
  }, ROOM);
  await Promise.all(recording);
  await gamer.evaluate(async () => {
    const image = { width: 4, height: 4, data: new Uint8ClampedArray(64) };
    await Promise.all([
      window.client.submitTask('echo', { bytes: new Uint8Array(8) }).result,
      window.client.submitTask('upscale', { image }).result,
    ]);
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36, title: document.title });
    const context = canvas.getContext('2d');
    setInterval(() => context?.fillRect(Math.random() * 64, 0, 4, 36), 30);
    await window.client.openStream(canvas, { scale: 2 });
  });
  await helper.waitForFunction(() => window.node.stats().framesDone > 0);
  const sent = await Promise.all([gamer.evaluate(recorded), ...gamer.workers().map((one) => one.evaluate(recorded))]);
  const all = sent.flat().join('\n');
  // The recording is complete.
  for (const part of [/control:.*hello/s, /control:.*stream-setup/s, /tasks:.*upscale/s, /video:.*frame/s]) {
    expect(all).toMatch(part);
  }
  expect(all).not.toMatch(/Wednesday|dungeon|Zebedee|Doe|Caverns|Confidence/i);
});

test('open lobby: a volunteer without an invite helps a gamer that accepts anyone', async ({ context }) => {
  const server = await startServer({ env: { LOBBY: 'on' } });
  const [volunteerPage, gamer] = [await context.newPage(), await context.newPage()];
  await volunteerPage.goto(new URL('/volunteer', server.url).href);
  await volunteerPage.getByTestId('lobby').click();
  await expect(volunteerPage.getByTestId('pause')).toBeEnabled();
  await openStillGamer(gamer, server.url);
  await expect(gamer.getByText('Volunteers see the frames they sharpen.')).toBeVisible();
  const audience = gamer.getByRole('combobox', { name: 'Who may help' });
  await expect(audience).toHaveValue('room');
  await expect(gamer.locator('.volunteers__name')).toHaveCount(0);
  await audience.selectOption('Anyone in the lobby');
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
  await audience.selectOption('Only people I share the room with');
  await expect(gamer.locator('.volunteers__name')).toHaveCount(0);
  await server.stop();
});
