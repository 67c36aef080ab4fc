import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { finish, type Steps } from '../../../shared/tasks/definition.ts';
import {
  busyScene,
  GREY,
  painted,
  sliverScene,
  triangleSoup,
  VIEW,
} from '../../../shared/tasks/raytracing/test-scenes.ts';
import { PICTURE_CHECK } from '../../../shared/tasks/raytracing/verify.ts';
import { type RaytracingInput, raytracing } from '../../../shared/tasks/raytracing.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { openDevice } from './gpu-device.ts';
import { WgslRayTracer } from './ray-tracer.ts';

let device: GPUDevice;
let tracer: WgslRayTracer;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('This browser has no WebGPU adapter.');
  ({ device } = opened);
  tracer = new WgslRayTracer(device, () => performance.now());
});

afterAll(() => device.destroy());

async function paint(input: RaytracingInput, slot = EXCLUSIVE_SLOT) {
  const task = raytracing.pack(input);
  return { task, result: raytracing.unpackResult(task, await tracer.run(task, slot)) };
}

test.each<[string, RaytracingInput]>([
  ['spheres, a plane, triangles, two lights, reflections', busyScene()],
  ['an odd size in one sample', busyScene({ width: 37, height: 29, samplesPerPixel: 1 })],
  ['a tile of it', { ...busyScene(), tile: { x: 13, y: 7, width: 41, height: 23 } }],
  ['one pixel', { ...busyScene(), tile: { x: 40, y: 30, width: 1, height: 1 } }],
  ['nothing at all', { ...VIEW, objects: [], lights: [], background: [0.2, 0.4, 0.6] }],
  [
    'only a plane',
    { ...VIEW, objects: [{ type: 'plane', point: [0, -1, 0], normal: [0, 3, 0], material: GREY }], lights: [] },
  ],
  ['many triangles', { ...VIEW, objects: [triangleSoup(900, 5)], lights: [{ position: [0, 0, 5], color: [1, 1, 1] }] }],
])('the GPU renders what the reference renders: %s', async (_, input) => {
  const { task, result } = await paint(input);
  const expected = painted(task);
  const differing = result.image.data.filter(
    (value, i) => Math.abs(value - (expected.image.data[i] ?? 0)) > PICTURE_CHECK.tolerance8bit,
  );
  expect(differing.length).toBeLessThanOrEqual(result.image.data.length / 100);
  for (let seed = 0; seed < 10; seed++) finish(raytracing.verify(task, result, seededRandom(seed)) as Steps<void>);
});

test('a long picture yields to other work, and ends when it is cancelled', async () => {
  let looks = 0;
  const yieldNow = async () => {
    looks++;
    if (looks > 2) throw new Error('cancelled');
  };
  await expect(paint(busyScene({ width: 512, height: 512 }), { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toThrow(
    'cancelled',
  );
  expect(looks).toBe(3);
});

test('a pixel with more work than one dispatch may do is rendered in several, and comes out right', async () => {
  let pauses = 0;
  const yieldNow = async () => void pauses++;
  const input = sliverScene(1_000, { width: 1, height: 1, samplesPerPixel: 40 });
  const { task, result } = await paint(input, { ...EXCLUSIVE_SLOT, yieldNow });
  // Each sample makes some 27,000 tests, and a thread at most 524,288 in a dispatch.
  expect(pauses).toBeGreaterThan(1);
  for (const [i, value] of painted(task).image.data.entries())
    expect(Math.abs(value - (result.image.data[i] ?? 0))).toBeLessThanOrEqual(PICTURE_CHECK.tolerance8bit);
});

test('a picture of which one sample is too much work is given up with a sentence', async () => {
  await expect(paint(sliverScene(32 * 1024))).rejects.toMatchObject({
    reason: 'too-large',
    message: expect.stringMatching(/ tests of rays .+\.$/),
  });
});

test('a lost device is reported', async () => {
  const opened = await openDevice(navigator.gpu);
  const doomed = new WgslRayTracer(opened?.device ?? device, () => performance.now());
  const yieldNow = async () => opened?.device.destroy();
  const task = raytracing.pack(busyScene({ width: 512, height: 512 }));
  await expect(doomed.run(task, { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toMatchObject({ reason: 'device-lost' });
});
