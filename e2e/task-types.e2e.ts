import { expect, test, waitForVolunteers } from './fixtures.ts';

const ROOM = 'more than frames';

for (const where of ['volunteers', 'local'] as const) {
  test(`paths, bodies and rays by the public shapes of their inputs: ${where}`, async ({
    volunteerPage,
    gamerPage,
  }) => {
    if (where === 'volunteers') await volunteerPage(ROOM, { backend: 'js' });
    const gamer = await gamerPage(ROOM, { where });
    if (where === 'volunteers') await waitForVolunteers(gamer, 1);
    const answers = await gamer.evaluate(async () => {
      const { client } = window;
      const found = client.submitTask('pathfinding', {
        grid: { width: 3, height: 2, cost: new Uint8Array([1, 0, 1, 1, 1, 1]) },
        neighbours: 8,
        queries: [
          { start: [0, 0], goal: [2, 0] },
          { start: [0, 0], goal: [1, 0] },
        ],
      });
      const moved = client.submitTask('physics', {
        bodies: [
          { position: [0, 0, 0], velocity: [1, 0, 0], radius: 0.5, mass: 1 },
          { position: [1.5, 0, 0], velocity: [0, 0, 0], radius: 0.5, mass: 1 },
        ],
        ...{ gravity: [0, 0, 0], timestepS: 0.01, steps: 100 },
      });
      const painted = client.submitTask('raytracing', {
        camera: { position: [0, 0, 5], target: [0, 0, 0], fovDeg: 45 },
        objects: [
          { type: 'sphere', center: [0, 0, 0], radius: 1, material: { color: [0.5, 0.5, 0.5] } },
          {
            type: 'mesh',
            positions: new Float32Array([-9, -9, -2, 9, -9, -2, 0, 9, -2]),
            indices: new Uint32Array([0, 1, 2]),
            material: { color: [1, 0, 0] },
          },
        ],
        lights: [{ position: [0, 0, 5], color: [1, 1, 1] }],
        ...{ width: 33, height: 33, samplesPerPixel: 1, seed: 1 },
      });
      const [{ paths, timing }, { bodies, collisions, checkpoints }, { image }] = await Promise.all([
        found.result,
        moved.result,
        painted.result,
      ]);
      const middle = (16 * 33 + 16) * 4;
      return {
        ...{ paths, bodies, collisions, ranOn: timing.ranOn, isImage: image instanceof ImageData },
        states: checkpoints.states.length,
        middle: [...image.data.slice(middle, middle + 4)],
        beside: [...image.data.slice(middle - 48, middle - 44)],
      };
    });
    expect(answers.ranOn === 'local').toBe(where === 'local');
    // Around the wall, not across its corner.
    const points = [
      [0, 0],
      [0, 1],
      [1, 1],
      [2, 1],
      [2, 0],
    ];
    expect(answers.paths).toEqual([{ points, cost: 4 }, null]);
    expect(answers.bodies.map(({ velocity }) => Math.round(velocity[0] * 1e9) / 1e9)).toEqual([0, 1]);
    expect([answers.collisions, answers.states]).toEqual([[[0, 1]], 7 * 2 * 6]);
    // A half of all light and of 5 %, as sRGB writes 0.525; and the red behind it.
    expect([answers.isImage, answers.middle]).toEqual([true, [192, 192, 192, 255]]);
    expect(answers.beside[0]).toBeGreaterThan(200);
    expect(answers.beside.slice(1)).toEqual([0, 0, 255]);
  });
}
