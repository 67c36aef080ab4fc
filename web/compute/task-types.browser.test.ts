import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PackedTask, TaskDefinition } from '../../shared/tasks/definition.ts';
import { TASK_NAMES } from '../../shared/tasks/definition.ts';
import { pathfinding } from '../../shared/tasks/pathfinding.ts';
import { physics } from '../../shared/tasks/physics.ts';
import { raytracing } from '../../shared/tasks/raytracing.ts';
import { Engine } from './engine.ts';
import { nextMacrotask } from './schedule.ts';
import { fixedSpeeds } from './test-gpu.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.create({
    gpu: undefined,
    now: () => performance.now(),
    measuredSpeeds: await fixedSpeeds(undefined, null),
  });
});

afterAll(() => engine.dispose());

const PATHS: Parameters<typeof pathfinding.pack>[0] = {
  grid: {
    width: 64,
    height: 64,
    cost: Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 11 === 5 ? 0 : 1 + (i % 5))),
  },
  neighbours: 8,
  queries: [
    { start: [0, 0], goal: [63, 63] },
    { start: [63, 0], goal: [0, 63] },
  ],
};
const BODY: Parameters<typeof physics.pack>[0]['bodies'][number] = {
  position: [0, 0, 0],
  velocity: [1, 0, 0],
  radius: 0.5,
  mass: 1,
};
const BODIES: Parameters<typeof physics.pack>[0] = {
  bodies: [BODY, { position: [2, 0.2, 0], velocity: [0, 0, 0], radius: 0.5, mass: 2 }],
  gravity: [0, -9.81, 0],
  timestepS: 0.01,
  steps: 200,
};
const PICTURE: Parameters<typeof raytracing.pack>[0] = {
  camera: { position: [0, 1, 5], target: [0, 0, 0], fovDeg: 45 },
  objects: [
    { type: 'sphere', center: [0, 0, 0], radius: 1, material: { color: [0.9, 0.2, 0.1], reflectivity: 0.2 } },
    { type: 'plane', point: [0, -1, 0], normal: [0, 1, 0], material: { color: [0.5, 0.5, 0.5] } },
  ],
  lights: [{ position: [3, 5, 4], color: [0.9, 0.9, 0.9] }],
  width: 64,
  height: 48,
  samplesPerPixel: 2,
  seed: 7,
};

async function executed<Params, Result>(definition: TaskDefinition<never, Params, Result>, task: PackedTask<Params>) {
  const signal = new AbortController().signal;
  const { backend, computeMs, ...packed } = await engine.execute(definition.type, task, { owner: 'nobody', signal });
  expect([backend, computeMs >= 0]).toEqual(['js', true]);
  const result = definition.unpackResult(task, packed);
  const checks = definition.verify(task, result, () => 0.5);
  for (let step = checks.next(); !step.done; ) {
    const part = step.value?.task;
    step = checks.next(part && (await engine.execute(definition.type, part, { owner: 'nobody', signal })));
  }
  return result;
}

test('every runnable type is offered, with a speed', () => {
  expect(Object.keys(engine.capabilities.backends).sort()).toEqual([...TASK_NAMES].sort());
  for (const { unitsPerMs } of Object.values(engine.capabilities.backends)) expect(unitsPerMs).toBeGreaterThan(0);
});

test('paths are found', async () => {
  const { paths } = await executed(pathfinding, pathfinding.pack(PATHS));
  expect(paths.map((path) => path?.points.at(-1))).toEqual([
    [63, 63],
    [0, 63],
  ]);
});

test('bodies move', async () => {
  const { bodies, collisions } = await executed(physics, physics.pack(BODIES));
  expect(collisions).toEqual([[0, 1]]);
  expect(bodies[1]?.velocity[0]).toBeGreaterThan(0);
});

test('rays are traced', async () => {
  const { image } = await executed(raytracing, raytracing.pack(PICTURE));
  expect([image.width, image.height, image.data[3]]).toEqual([64, 48, 255]);
  const middle = (24 * 64 + 32) * 4;
  expect(image.data[middle]).toBeGreaterThan(2 * (image.data[middle + 2] ?? 0));
});

test('tasks run on a preferred GPU, pass every check, and fall back to the processor where it is better', async () => {
  const onGpu = await Engine.create({
    gpu: navigator.gpu,
    now: () => performance.now(),
    preferBackend: 'wgsl',
    measuredSpeeds: await fixedSpeeds('wgsl'),
  });
  const options = { owner: 'nobody', signal: new AbortController().signal };
  const goal = PATHS.queries[0]?.goal ?? [0, 0];
  const gathering = { ...PATHS, queries: [...PATHS.queries, { start: [9, 2], goal }, { start: [30, 60], goal }] };
  const tasks: [TaskDefinition<never, unknown, unknown>, PackedTask][] = [
    [raytracing, raytracing.pack(PICTURE)],
    [pathfinding, pathfinding.pack(gathering as typeof PATHS)],
    [physics, physics.pack(BODIES)],
  ];
  try {
    for (const [definition, task] of tasks) {
      expect(onGpu.capabilities.backends[definition.type]).toMatchObject({ backend: 'wgsl' });
      const there = await onGpu.execute(definition.type, task, options);
      const here = await engine.execute(definition.type, task, options);
      expect([there.backend, here.backend]).toEqual(['wgsl', 'js']);
      const checks = definition.verify(task, definition.unpackResult(task, there), () => 0.5);
      for (const step of checks) expect(step).toBeUndefined();
    }
    const heap = Array.from({ length: 40 }, (_, i) => ({
      ...BODY,
      position: [i / 1_000, 0, 0] as [number, number, number],
    }));
    const heaped = await onGpu.execute('physics', physics.pack({ ...BODIES, bodies: heap, steps: 2 }), options);
    expect(heaped.backend).toBe('js');
    // Every query has its own goal, and single searches belong to the processor.
    const alone = await onGpu.execute('pathfinding', pathfinding.pack(PATHS), options);
    expect(alone.backend).toBe('js');
  } finally {
    onGpu.dispose();
  }
});

/** Each takes many seconds. */
const LONG = {
  pathfinding: () => {
    const random = Uint8Array.from({ length: 1_024 * 1_024 }, (_, i) => 1 + (Math.imul(i, 2_654_435_761) >>> 25));
    const queries = Array.from({ length: 100 }, (_, i) => ({
      start: [i, 0] as [number, number],
      goal: [1_000, 1_023 - i] as [number, number],
    }));
    return pathfinding.pack({ grid: { width: 1_024, height: 1_024, cost: random }, neighbours: 8, queries });
  },
  physics: () => {
    const bodies = Array.from({ length: 1_000 }, (_, i) => ({
      position: [i, 0, 0] as [number, number, number],
      velocity: [0, 0, 0] as [number, number, number],
      radius: 0.4,
      mass: 1,
    }));
    return physics.pack({ ...BODIES, bodies, steps: 50_000 });
  },
  raytracing: () => raytracing.pack({ ...PICTURE, width: 1_024, height: 1_024, samplesPerPixel: 64 }),
};

test.each(['pathfinding', 'physics', 'raytracing'] as const)(
  'a long %s task lets the event loop run, and ends when it is cancelled',
  async (type) => {
    const controller = new AbortController();
    const running = engine.execute(type, LONG[type](), { owner: 'nobody', signal: controller.signal });
    const outcome = expect(running).rejects.toMatchObject({ reason: 'cancelled' });
    // If the task kept the event loop for itself, it would have ended before these turns, and not by being cancelled.
    for (let turn = 0; turn < 3; turn++) await nextMacrotask();
    controller.abort();
    await outcome;
  },
);
