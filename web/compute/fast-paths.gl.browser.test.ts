import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FramePaths } from './backend.ts';
import { Engine } from './engine.ts';
import type { FrameUpscaler } from './engine-types.ts';
import { colorSpaceOf, type Painting, yuvFrame } from './painted-frames.ts';
import { SPOT_CHECK_INTERVAL_MS, WRONG_IN_A_ROW } from './spot-checks.ts';
import { DETAIL, largestExcess, readDetail } from './test-detail.ts';
import { fixedSpeeds, watchedGpu } from './test-gpu.ts';
import { RgbaReader } from './video-frames.ts';

const SHORTEST: FramePaths = { frameIn: 'importExternalTexture', frameOut: 'canvas' };
const SAFEST: FramePaths = { frameIn: 'copyTo', frameOut: 'readback' };
const SIZE = { width: 96, height: 80 };
const TARGET = { outWidth: 192, outHeight: 160, quality: 'spatial' } as const;
/** Only ends a test that hangs. */
const WAIT = { timeout: 60_000 };
const bt709 = colorSpaceOf('bt709');

/** One for all tests, since compiling takes seconds on a software GPU. */
let engine: Engine;
let device: GPUDevice;
let aheadMs = 0;

beforeAll(async () => {
  const gpu = namedGpu((opened) => {
    device = opened;
  });
  const speeds = await fixedSpeeds('wgsl', gpu);
  engine = await Engine.create({
    ...{ gpu, preferBackend: 'wgsl', now: () => performance.now() + aheadMs },
    measuredSpeeds: { ...speeds, gpu: speeds.gpu && { ...speeds.gpu, framePaths: SHORTEST } },
  });
});

afterAll(() => engine.dispose());

/** A GPU that is not known as software, so that frames take its fast paths. */
function namedGpu(onDevice: (device: GPUDevice) => void): GPU {
  const { gpu } = watchedGpu();
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await gpu.requestAdapter(options);
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      const device = await adapter?.requestDevice(descriptor);
      if (device) onDevice(device);
      return device;
    };
    return { ...adapter, requestDevice, info: { vendor: 'tests', architecture: 'gl' } };
  };
  return { requestAdapter } as unknown as GPU;
}

/** Saturated colours side by side, where ways into a GPU interpolate chroma most differently. */
const colourful: Painting = (x, y) => [(x % 7) * 40, (y % 5) * 60, ((x + y) % 3) * 120];
/** Without chroma, which ways in interpolate differently. */
const discs: Painting = (x, y) => {
  const value = ((x % 24) - 12) ** 2 + ((y % 20) - 9) ** 2 < 50 ? 210 : 40 + x;
  return [value, value, value];
};
const grey = (value: number): Painting => {
  return () => [value, value, value];
};

/** Sharpens a frame and returns its first value. */
async function sharpened(frames: FrameUpscaler, painting: Painting): Promise<number | undefined> {
  const frame = yuvFrame('NV12', SIZE, bt709, painting);
  const sharp = await frames.process(frame);
  frame.close();
  const { data } = await new RgbaReader().read(sharp);
  sharp.close();
  return data[0];
}

test('right frames of fast paths pass their spot checks', async () => {
  const frames = engine.openFrames(TARGET);
  for (let n = 0; n <= WRONG_IN_A_ROW; n++) {
    await sharpened(frames, colourful);
    aheadMs += SPOT_CHECK_INTERVAL_MS;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([paths(), engine.capabilities.backends.upscale?.backend]).toEqual([SHORTEST, 'wgsl']);
});

test('detail of an imported frame is that of a frame read by the processor, and is no canvas', async () => {
  const codesBy = async (frameIn: FramePaths['frameIn']) => {
    const frames = engine.openFrames({ ...TARGET, detail: DETAIL });
    // Only plain colour spaces are imported.
    const primaries = frameIn === 'copyTo' ? 'smpte170m' : 'bt709';
    const frame = yuvFrame('NV12', SIZE, colorSpaceOf('bt709', { primaries }), discs);
    const { codes } = await readDetail(await frames.process(frame));
    frame.close();
    frames.dispose();
    return codes;
  };
  const imported = await codesBy('importExternalTexture');
  expect(paths()).toEqual(SHORTEST);
  expect(new Set(imported).size).toBeGreaterThan(20);
  // A way into the GPU may round colours to the other side.
  expect(largestExcess(imported, await codesBy('copyTo'), 2)).toBeLessThanOrEqual(0);
});

test('when frames by fast paths come out wrong after an hour, the stream goes on by the safe ones', async () => {
  const frames = engine.openFrames(TARGET);
  aheadMs += 3_600_000;
  const black = yuvFrame('NV12', SIZE, bt709, grey(0));
  const { importExternalTexture } = device;
  device.importExternalTexture = () => importExternalTexture.call(device, { source: black });
  await expect
    .poll(async () => {
      await sharpened(frames, colourful);
      aheadMs += SPOT_CHECK_INTERVAL_MS;
      return paths();
    }, WAIT)
    .toEqual(SAFEST);
  black.close();
  expect(await sharpened(frames, grey(200))).toBeGreaterThan(190);
  expect(engine.capabilities.backends.upscale?.backend).toBe('wgsl');
});

function paths() {
  const { frameIn, frameOut } = engine.capabilities;
  return { frameIn, frameOut };
}
