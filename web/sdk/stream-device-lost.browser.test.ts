import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Engine } from '../compute/engine.ts';
import { fixedSpeeds, watchedGpu } from '../compute/test-gpu.ts';
import { fieldFrames, lookAtFields } from './test-fields.ts';
import { framesOfVolunteers, framesSharpenedHere, STILLS, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs: a software GPU compiles its shaders again after a device loss. */
const WAIT = { timeout: 60_000, interval: 20 };
const SIZE = [64, 36] as const;
/** A software GPU is slower than a frame's deadline, but pictures are shown however late. */
const OPTIONS = { where: 'volunteers', transport: 'picture', maxFps: 10 } as const;

/** One for all tests, since compiling takes seconds on a software GPU. */
let engine: Engine;
let devices: GPUDevice[];
let rig: StreamRig;

beforeAll(async () => {
  const watched = watchedGpu();
  devices = watched.devices;
  engine = await Engine.create({
    ...{ gpu: watched.gpu, now: () => performance.now(), preferBackend: 'wgsl' },
    measuredSpeeds: await fixedSpeeds('wgsl'),
  });
});

afterEach(() => rig.dispose());

afterAll(() => engine.dispose());

test('when a volunteer loses its GPU device, its pictures go on with a new one', async () => {
  rig = new StreamRig({ volunteerEngine: engine });
  const stream = await rig.open(fieldFrames(...SIZE), OPTIONS);
  await vi.waitUntil(() => framesOfVolunteers(stream) > 3, WAIT);
  await loseDevice();
  const count = framesOfVolunteers(stream);
  await vi.waitUntil(() => framesOfVolunteers(stream) > count + 3, WAIT);
  expect(rig.failures).toEqual([]);
  expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
});

test('when the gamer loses its GPU device, local upscaling goes on with a new device', async () => {
  rig = new StreamRig({ gamerEngine: async () => engine });
  const stream = await rig.open(fieldFrames(...SIZE), { where: 'local', ...STILLS });
  await vi.waitUntil(() => framesSharpenedHere(stream) > 3, WAIT);
  await loseDevice();
  const count = framesSharpenedHere(stream);
  await vi.waitUntil(() => framesSharpenedHere(stream) > count + 3, WAIT);
  expect(lookAtFields(stream.canvas)).toMatchObject({ isRight: true });
});

/** Resolves once there is a new one. */
async function loseDevice(): Promise<void> {
  const { length } = devices;
  devices.at(-1)?.destroy();
  await vi.waitUntil(() => devices.length > length, WAIT);
}
