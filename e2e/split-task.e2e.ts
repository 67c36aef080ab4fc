import { expect, test, waitForVolunteers } from './fixtures.ts';

const ROOM = 'many hands';

test('a picture ray-traced in tiles by two volunteers equals that of a single machine', async ({
  volunteerPage,
  gamerPage,
}) => {
  await volunteerPage(ROOM, { backend: 'js', name: 'one' });
  await volunteerPage(ROOM, { backend: 'js', name: 'two' });
  const gamer = await gamerPage(ROOM);
  await waitForVolunteers(gamer, 2);
  const seen = await gamer.evaluate(async () => {
    const { client } = window;
    const picture = {
      camera: {
        position: [0, 1, 6] as [number, number, number],
        target: [0, 0, 0] as [number, number, number],
        fovDeg: 45,
      },
      objects: [-1.2, 0, 1.2].map((x) => ({
        type: 'sphere' as const,
        center: [x, x / 3, -x] as [number, number, number],
        radius: 0.8,
        material: { color: [0.8, 0.5 + x / 3, 0.4] as [number, number, number], reflectivity: 0.3 },
      })),
      lights: [{ position: [3, 5, 4] as [number, number, number], color: [0.9, 0.9, 0.9] as [number, number, number] }],
      width: 203,
      height: 151,
      samplesPerPixel: 16,
      seed: 3,
    };
    const draw = () => client.submitTask('raytracing', picture, { where: 'volunteers', cache: false }).result;
    const alone = await client.submitTask('raytracing', picture, { where: 'local', cache: false }).result;
    let differing = 0;
    // On a busy machine one volunteer may have done all tiles before the other has done one.
    let together: typeof alone;
    const before = client.stats();
    let tasks = 0;
    do {
      together = await draw();
      tasks++;
      for (const [i, value] of together.image.data.entries()) if (value !== alone.image.data[i]) differing++;
    } while (client.volunteers.some(({ completed }) => completed === 0));
    const after = client.stats();
    const { totalMs, queueMs, sendMs, computeMs, receiveMs } = together.timing;
    return {
      differing,
      size: [together.image.width, together.image.height, together.image.data.length],
      partsOfEach: (after.ranOnVolunteers - before.ranOnVolunteers) / tasks,
      uncounted: tasks - (after.completed - before.completed),
      unexplainedMs: Math.abs(totalMs - queueMs - sendMs - computeMs - receiveMs),
    };
  });
  expect([seen.differing, seen.size]).toEqual([0, [203, 151, 203 * 151 * 4]]);
  expect(seen.uncounted).toBe(0);
  expect(seen.partsOfEach).toBeGreaterThan(1);
  expect(seen.unexplainedMs).toBeLessThan(0.01);
});
