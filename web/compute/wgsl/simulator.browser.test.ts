// Protects: bodies simulated on the GPU pass every check, equal tasks give equal results, and heaps are left to the reference.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { finish, type PackedTask, type Steps } from '../../../shared/tasks/definition.ts';
import { body, simulated, swarm, task } from '../../../shared/tasks/physics/test-bodies.ts';
import { type PhysicsParams, physics } from '../../../shared/tasks/physics.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { openDevice } from './gpu-device.ts';
import { WgslSimulator } from './simulator.ts';

let device: GPUDevice;
let simulator: WgslSimulator;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('This browser has no WebGPU adapter.');
  ({ device } = opened);
  simulator = new WgslSimulator(device, () => performance.now());
});

afterAll(() => device.destroy());

async function simulate(of: PackedTask<PhysicsParams>, slot = EXCLUSIVE_SLOT) {
  const packed = await simulator.run(of, slot);
  if (!packed) throw new Error('It was handed over to the reference.');
  return physics.unpackResult(of, packed);
}

const far = swarm(60, 3, 4).map((it) => ({
  ...it,
  position: [it.position[0] + 2_000, it.position[1], -900] as typeof it.position,
}));
const moon = [...swarm(60, 6, 8), body([0, 0, 9], [0, 0, -1], 5, 500)];

test.each([
  ['elastic', task(swarm(100, 4, 1), { steps: 80 })],
  ['falling', task(swarm(100, 4, 2), { steps: 80, gravity: [0, -9.81, 0] })],
  ['dull', task(swarm(100, 4, 3), { steps: 80, restitution: 0.4, gravity: [1, -3, 0] })],
  ['far from the middle', task(far, { steps: 60 })],
  ['a moon among pebbles', task(moon, { steps: 60 })],
  ['two for a step', task(swarm(2, 1, 5), { steps: 1 })],
  ['one alone', task(swarm(1, 1, 5), { steps: 9, checkpointEvery: 4 })],
  ['many small steps', task(swarm(30, 3, 6), { steps: 400, timestepS: 0.002 })],
])('%s: passes the check of every segment', async (_, of) => {
  const result = await simulate(of);
  expect(result.collisions.length > 0).toBe(of.params.bodies > 1);
  for (let seed = 0; seed < 20; seed++) finish(physics.verify(of, result, seededRandom(seed)) as Steps<void>);
});

test('over a few steps bodies are where the reference has them, and the same pairs touched', async () => {
  const of = task(swarm(100, 4, 11), { steps: 6, checkpointEvery: 2, gravity: [0, -9.81, 0] });
  const [ours, due] = [await simulate(of), simulated(of)];
  expect(ours.collisions).toEqual(due.collisions);
  for (const [i, { position, velocity }] of due.bodies.entries()) {
    for (const axis of [0, 1, 2] as const) {
      expect(ours.bodies[i]?.position[axis]).toBeCloseTo(position[axis], 4);
      expect(ours.bodies[i]?.velocity[axis]).toBeCloseTo(velocity[axis], 3);
    }
  }
  expect(ours.checkpoints.states.length).toBe(due.checkpoints.states.length);
});

test('an impulse passes through a row of touching bodies in order', async () => {
  const row = Array.from({ length: 40 }, (_, i) => body([i * 0.99, 0, 0], [i === 0 ? 1 : 0, 0, 0]));
  const of = task(row, { steps: 1, timestepS: 1e-4 });
  const { bodies } = await simulate(of);
  const due = simulated(of);
  expect(due.bodies.at(-1)?.velocity[0]).toBeCloseTo(1, 3);
  for (const [i, { velocity }] of due.bodies.entries()) expect(bodies[i]?.velocity[0]).toBeCloseTo(velocity[0], 4);
});

test('equal tasks give equal results to the last bit', async () => {
  const of = task(swarm(300, 5, 9), { steps: 40 });
  const [first, second] = [
    await simulator.run(of, EXCLUSIVE_SLOT),
    await simulator.run(structuredClone(of), EXCLUSIVE_SLOT),
  ];
  expect(first).not.toBeNull();
  expect(second).toEqual(first);
});

test.each([
  [
    'bodies in a heap',
    task(
      Array.from({ length: 60 }, (_, i) => body([i * 1e-3, 0, 0])),
      { steps: 2 },
    ),
  ],
  ['a body of next to no mass', task([body([0, 0, 0], [0, 0, 0], 0.5, 1e-40), body([3, 0, 0])], { steps: 2 })],
])('%s: left to the reference', async (_, of) => {
  expect(await simulator.run(of, EXCLUSIVE_SLOT)).toBeNull();
});

test('a long simulation yields to other work, and ends when it is cancelled', async () => {
  let looks = 0;
  const yieldNow = async () => {
    looks++;
    if (looks > 2) throw new Error('cancelled');
  };
  await expect(simulate(task(swarm(20, 3, 1), { steps: 5_000 }), { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toThrow(
    'cancelled',
  );
  expect(looks).toBe(3);
});

test('a lost device is reported', async () => {
  const opened = await openDevice(navigator.gpu);
  const doomed = new WgslSimulator(opened?.device ?? device, () => performance.now());
  const yieldNow = async () => opened?.device.destroy();
  const of = task(swarm(20, 3, 1), { steps: 5_000 });
  await expect(doomed.run(of, { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toMatchObject({ reason: 'device-lost' });
});
