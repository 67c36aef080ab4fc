import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Engine } from '../compute/engine.ts';
import { fixedSpeeds, watchedGpu } from '../compute/test-gpu.ts';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Ends a test that hangs. */
const WAIT = { timeout: 60_000, interval: 20 };
const SIZE = [64, 36] as const;

let engine: Engine;
let devices: GPUDevice[];
let rig: StreamRig;

beforeEach(async () => {
  const watched = watchedGpu();
  devices = watched.devices;
  engine = await Engine.create({
    gpu: watched.gpu,
    now: () => performance.now(),
    preferBackend: 'wgsl',
    measuredSpeeds: await fixedSpeeds('wgsl'),
  });
});

afterEach(async () => {
  await rig.dispose();
  engine.dispose();
});

test('a volunteer loses its GPU in the middle of a stream: the picture goes on meanwhile, and then through its new one', async () => {
  rig = new StreamRig({ volunteerEngine: engine });
  const stream = await rig.open(fieldFrames(...SIZE), { where: 'volunteers' });
  await vi.waitUntil(() => framesOfVolunteers(stream) > 3, WAIT);
  devices[0]?.destroy();
  const { framesLocal } = stream.stats();
  await vi.waitUntil(() => stream.stats().framesLocal > framesLocal + 3, WAIT);
  await vi.waitUntil(() => devices.length === 2, WAIT);
  const count = framesOfVolunteers(stream);
  await vi.waitUntil(() => framesOfVolunteers(stream) > count + 3, WAIT);
  expect(rig.failures).toEqual([]);
  expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
});

test('a gamer whose GPU is lost in the middle of a stream goes on sharpening on a new one', async () => {
  rig = new StreamRig({ gamerEngine: async () => engine });
  const stream = await rig.open(fieldFrames(...SIZE), { where: 'local' });
  await vi.waitUntil(() => stream.stats().framesLocal > 3, WAIT);
  devices[0]?.destroy();
  const { framesLocal } = stream.stats();
  await vi.waitUntil(() => devices.length === 2 && stream.stats().framesLocal > framesLocal + 3, WAIT);
  expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
});
