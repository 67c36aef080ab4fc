import { expect, test, testWithOwnServer, waitForVolunteers } from './fixtures.ts';
import { startServer } from './server.ts';
import { supports } from './support.ts';

/** Submits `count` echoes of increasing size; `window.ends` is awaited later. */
function startEchoes(count: number): void {
  const tasks = window.client.submitTasksBatch(
    Array.from({ length: count }, (_, index) => ({
      type: 'echo' as const,
      input: { bytes: new Uint8Array(20_000 + index).fill(index % 251) },
    })),
  );
  window.ends = Promise.all(
    tasks.map(async ({ result }, index) => {
      const { bytes, timing } = await result;
      const isRight = bytes.byteLength === 20_000 + index && bytes.every((byte) => byte === index % 251);
      return { isRight, ranOn: timing.ranOn };
    }),
  );
  window.ends.catch(() => {});
}

declare global {
  interface Window {
    ends: Promise<{ isRight: boolean; ranOn: string }[]>;
  }
}

test('a volunteer that closes in the middle of its work loses no task', {
  tag: '@smoke',
  annotation: supports('Chromium', 'volunteer', 'its work goes on elsewhere when it leaves'),
}, async ({ volunteerPage, gamerPage }) => {
  const leaving = await volunteerPage('leavers');
  const staying = await volunteerPage('leavers');
  const gamer = await gamerPage('leavers', { where: 'volunteers' });
  await waitForVolunteers(gamer, 2);
  await gamer.evaluate(startEchoes, 400);
  await gamer.waitForFunction(() => window.client.stats().completed > 20);
  await leaving.close();

  const ends = await gamer.evaluate(() => window.ends);
  expect(ends.filter(({ isRight }) => isRight)).toHaveLength(400);
  expect(await gamer.evaluate(() => window.client.stats())).toMatchObject({ completed: 400, failed: 0 });
  await staying.waitForFunction(() => window.node.stats().tasksDone > 0);
});

test('when the only volunteer closes, its tasks run on the gamer’s machine', async ({ volunteerPage, gamerPage }) => {
  const leaving = await volunteerPage('alone');
  const gamer = await gamerPage('alone', { where: 'auto' });
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(startEchoes, 200);
  await leaving.close();
  const ends = await gamer.evaluate(() => window.ends);
  expect(ends.filter(({ isRight }) => isRight)).toHaveLength(200);
});

test('a paused volunteer hands its work back, and takes more when it resumes', async ({ volunteerPage, gamerPage }) => {
  const volunteer = await volunteerPage('pausers');
  const gamer = await gamerPage('pausers', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  await volunteer.evaluate(() => window.node.pause());
  expect(await volunteer.evaluate(() => window.node.state)).toBe('paused');
  await gamer.evaluate(startEchoes, 50);
  await volunteer.evaluate(() => window.node.resume());
  const ends = await gamer.evaluate(() => window.ends);
  expect(ends.filter(({ isRight }) => isRight)).toHaveLength(50);
});

testWithOwnServer(
  'a restart of the server ends no link and no task, and newcomers find the room again',
  async ({ server, volunteerPage, gamerPage }) => {
    await volunteerPage('restarters');
    const gamer = await gamerPage('restarters', { where: 'volunteers' });
    await waitForVolunteers(gamer, 1);
    await gamer.evaluate(startEchoes, 300);
    await server.stop();
    await gamer.waitForFunction(() => window.client.state === 'reconnecting');
    // Tasks need only the link, not the server.
    await gamer.evaluate(() => window.client.submitTask('echo', { bytes: new Uint8Array([7]) }).result);
    const again = await startServer({ port: server.port });
    try {
      const ends = await gamer.evaluate(() => window.ends);
      expect(ends.filter(({ isRight }) => isRight)).toHaveLength(300);
      await gamer.waitForFunction(() => window.client.state === 'online');
      await volunteerPage('restarters');
      await waitForVolunteers(gamer, 2);
    } finally {
      await again.stop();
    }
  },
);

test('two rooms never see each other', async ({ volunteerPage, gamerPage }) => {
  const [ours, theirs] = [await volunteerPage('our room'), await volunteerPage('their room')];
  const gamer = await gamerPage('our room', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(startEchoes, 30);
  await gamer.evaluate(() => window.ends);
  expect(await gamer.evaluate(() => window.client.volunteers.length)).toBe(1);
  expect(await ours.evaluate(() => window.node.stats().gamers)).toBe(1);
  expect(await theirs.evaluate(() => window.node.stats())).toMatchObject({ gamers: 0, tasksDone: 0 });
});
