// Protects: Firefox opens every page, and Firefox and Chromium compute for each other. `npm run test:firefox`.
import { hasStarted, PAGES, supports } from '../support.ts';
import { expect, test, testWithServer } from './fixtures.ts';
import { PAIRS } from './live-stream.ts';

const TAG = { tag: '@firefox' };
/** How long a page is watched for errors, ms. */
const WATCHED_MS = 700;

const STARTED_WITHIN = { timeout: 30_000, intervals: [100] };

/** Sockets try again after up to five seconds. */
const BACK_WITHIN = { timeout: 60_000, intervals: [100] };

test('every page loads in Firefox without an error', {
  ...TAG,
  annotation: supports('Firefox', 'everyone', 'every page loads'),
}, async ({ firefox, server }) => {
  for (const path of PAGES) {
    const page = await firefox.newPage();
    await page.goto(new URL(path, server.url).href);
    await expect.poll(() => page.evaluate(hasStarted), { message: path, ...STARTED_WITHIN }).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
    expect(page.errors, path).toEqual([]);
    await page.close();
  }
});

for (const { volunteer, gamer } of PAIRS) {
  test(`a volunteer in ${volunteer} computes tasks for a gamer in ${gamer}`, {
    ...TAG,
    annotation: [supports(volunteer, 'volunteer', 'tasks'), supports(gamer, 'gamer', 'tasks')],
  }, async ({ volunteerIn, gamerIn }) => {
    await volunteerIn(volunteer, 'tasks');
    const page = await gamerIn(gamer, 'tasks', { where: 'volunteers' });
    const answers = await page.evaluate(async () => {
      const { client } = window;
      const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
      const image = new ImageData(new Uint8ClampedArray(32 * 18 * 4).fill(200), 32, 18);
      const [echoed, enlarged, found] = await Promise.all([
        client.submitTask('echo', { bytes }).result,
        client.submitTask('upscale', { image, scale: 2 }).result,
        client.submitTask('pathfinding', {
          grid: { width: 3, height: 2, cost: new Uint8Array([1, 0, 1, 1, 1, 1]) },
          neighbours: 8,
          queries: [{ start: [0, 0], goal: [2, 0] }],
        }).result,
      ]);
      return {
        isEqual: echoed.bytes.every((byte, i) => byte === bytes[i]),
        size: [enlarged.image.width, enlarged.image.height],
        value: enlarged.image.data[0],
        paths: found.paths.length,
        ranOn: [echoed.timing.ranOn, enlarged.timing.ranOn, found.timing.ranOn],
      };
    });
    expect(answers).toMatchObject({ isEqual: true, size: [64, 36], value: 200, paths: 1 });
    expect(answers.ranOn).not.toContain('local');
  });
}

test('tasks go on with another volunteer when a volunteer in Firefox is gone', {
  ...TAG,
  annotation: supports('Firefox', 'volunteer', 'its work goes on elsewhere when it leaves'),
}, async ({ firefox, server, roomOf, volunteerIn, gamerIn }) => {
  const leaving = await firefox.newPage();
  await leaving.goto(new URL('/healthz', server.url).href);
  await leaving.evaluate(async (room) => {
    window.sdk = await import('/p2c2r.js' as string);
    window.node = await window.sdk.VolunteerNode.start({ room, backend: 'wasm' });
  }, roomOf('leaving'));
  const gamer = await gamerIn('Firefox', 'leaving', { where: 'volunteers' });
  const echo = () =>
    gamer.evaluate(async () => {
      const { bytes } = await window.client.submitTask('echo', { bytes: new Uint8Array(5) }).result;
      return bytes.length;
    });
  expect(await echo()).toBe(5);
  await leaving.close();
  await volunteerIn('Chromium', 'leaving');
  expect(await echo()).toBe(5);
});

testWithServer(
  'a gamer and a volunteer in Firefox are online and linked again after their server was away',
  { ...TAG, annotation: supports('Firefox', 'gamer', 'linked again after the server was away') },
  async ({ lostServer, volunteerIn, gamerIn }) => {
    const volunteer = await volunteerIn('Firefox', 'away');
    const gamer = await gamerIn('Firefox', 'away', { where: 'volunteers' });
    const states = async () => [
      await gamer.evaluate(() => window.client.state),
      await volunteer.evaluate(() => window.node.state),
    ];
    await lostServer.stop();
    await expect.poll(states, BACK_WITHIN).toEqual(['reconnecting', 'reconnecting']);
    const echo = () =>
      gamer.evaluate(async () => {
        const { bytes } = await window.client.submitTask('echo', { bytes: new Uint8Array(5) }).result;
        return bytes.length;
      });
    // The two are linked without it.
    expect(await echo()).toBe(5);
    await lostServer.restart();
    await expect.poll(states, BACK_WITHIN).toEqual(['online', 'serving']);
    expect(await echo()).toBe(5);
  },
);
