import { expect, test, waitForVolunteers } from './fixtures.ts';

const ROOM = 'more than frames';

for (const where of ['volunteers', 'local'] as const) {
  test(`pathfinding, physics and ray tracing with inputs as the documentation types them: ${where}`, async ({
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
        gravity: [0, 0, 0],
        timestepS: 0.01,
        steps: 100,
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
        width: 33,
        height: 33,
        samplesPerPixel: 1,
        seed: 1,
      });
      const [{ paths, timing }, { bodies, collisions, checkpoints }, { image }] = await Promise.all([
        found.result,
        moved.result,
        painted.result,
      ]);
      const middle = (16 * 33 + 16) * 4;
      return {
        paths,
        bodies,
        collisions,
        ranOn: timing.ranOn,
        isImage: image instanceof ImageData,
        states: checkpoints.states.length,
        middle: [...image.data.slice(middle, middle + 4)],
        beside: [...image.data.slice(middle - 48, middle - 44)],
      };
    });
    expect(answers.ranOn === 'local').toBe(where === 'local');
    // The path goes around the wall, not across its corner.
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
    // Half of the light plus ambient, 0.525 in sRGB; and the red background.
    expect([answers.isImage, answers.middle]).toEqual([true, [192, 192, 192, 255]]);
    expect(answers.beside[0]).toBeGreaterThan(200);
    expect(answers.beside.slice(1)).toEqual([0, 0, 255]);
  });
}

for (const where of ['volunteers', 'local'] as const) {
  test(`a model of the server's manifest, with tensors as the documentation types them: ${where}`, async ({
    volunteerPage,
    gamerPage,
  }) => {
    if (where === 'volunteers') await volunteerPage(ROOM, { backend: 'js' });
    const gamer = await gamerPage(ROOM, { where });
    if (where === 'volunteers') await waitForVolunteers(gamer, 1);
    const answers = await gamer.evaluate(async () => {
      const { client } = window;
      // Two ships in the middle of a straight, one pointing right and one left.
      const row = (nose: number) => [0, nose, nose, 0, 0.6, ...Array(10).fill(0)];
      const observation = { type: 'float32', dims: [2, 15], data: Float32Array.from([...row(0.3), ...row(-0.3)]) };
      const stages: string[] = [];
      const steered = client.submitTask(
        'infer',
        { model: 'steering', inputs: { observation }, effort: 'complex' },
        { onProgress: ({ stage, share }) => stages.push(share >= 0 && share <= 1 ? stage : 'nonsense') },
      );
      const { outputs, timing } = await steered.result;
      const alone = client.submitTask('infer', {
        model: 'steering',
        inputs: { observation: { ...observation, dims: [1, 15], data: observation.data.slice(15) } },
      });
      const { outputs: again } = await alone.result;
      const wrong = client.submitTask('infer', { model: 'steering', inputs: { sight: observation } });
      const refused = await wrong.result.catch(({ reason, message }) => ({ reason, message }));
      const { type = '', dims = [], data = null } = outputs.controls ?? {};
      return {
        type,
        dims,
        ranOn: timing.ranOn,
        backend: timing.backend,
        stages,
        refused,
        isFloats: data instanceof Float32Array,
        controls: [...(data as Float32Array)],
        again: (again.controls?.data as Float32Array | undefined)?.[0],
      };
    });
    expect(answers.ranOn === 'local').toBe(where === 'local');
    expect(answers.backend).toMatch(/^ort-/);
    expect([answers.type, answers.dims, answers.isFloats]).toEqual(['float32', [2, 2], true]);
    // They steer back to their lanes and do not brake.
    const [first = 0, firstBrake = 1, second = 0, secondBrake = 1] = answers.controls;
    expect(first).toBeLessThan(-0.1);
    expect(second).toBeGreaterThan(0.1);
    expect(Math.max(firstBrake, secondBrake)).toBeLessThan(0);
    expect(answers.again).toBeCloseTo(second, 4);
    // A slow machine also tells that it computes.
    expect(answers.stages).toContain('loading');
    expect(new Set([...answers.stages, 'computing'])).toEqual(new Set(['loading', 'computing']));
    expect(answers.refused).toMatchObject({ reason: 'bad-input', message: expect.stringContaining("'observation'") });
  });
}

test('a model from a URL is run by a volunteer whose owner allowed its origin, and by no other', async ({
  volunteerPage,
  gamerPage,
  server,
}) => {
  const { origin } = new URL(server.url);
  const volunteer = await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const ask = () =>
    gamer.evaluate(async (model) => {
      const observation = { type: 'float32', dims: [1, 15], data: new Float32Array(15) };
      const task = window.client.submitTask('infer', { model, inputs: { observation } }, { cache: false });
      return task.result.then(
        ({ outputs }) => Object.keys(outputs).join(),
        ({ reason }) => reason as string,
      );
    }, `${origin}/models/steering.onnx`);
  expect(await ask()).toBe('unknown-model');
  await volunteer.evaluate((allowed) => window.node.setLimits({ acceptModelsFrom: [allowed] }), origin);
  expect(await ask()).toBe('controls');
  const refused = await volunteer.evaluate(() => {
    try {
      window.node.setLimits({ acceptModelsFrom: ['https://models.example/folder'] });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(refused).toContain('is not an origin');
});
