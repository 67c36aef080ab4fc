import { expect, test, vi } from 'vitest';
import type { Backend, BackendFrames, FrameTarget } from './backend.ts';
import { EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { JsBackend } from './js-backend.ts';
import { colorSpaceOf, cut, type Painting, rgbFrame, yuvFrame } from './painted-frames.ts';
import { nextMacrotask } from './schedule.ts';
import { SPOT_CHECK_INTERVAL_MS, SpotChecks, WRONG_IN_A_ROW } from './spot-checks.ts';

const SIZE = { width: 96, height: 80 };
const TARGET: FrameTarget = { outWidth: 192, outHeight: 160, quality: 'bilinear' };
const DETAIL_TARGET: FrameTarget = { ...TARGET, detail: { base: 'bicubic', gain: 4, deadZone: 1 } };
const srgb = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });
const bt709 = colorSpaceOf('bt709');

/** Saturated colours side by side, where ways into a GPU interpolate chroma most differently. */
const colourful: Painting = (x, y) => [(x % 7) * 40, (y % 5) * 60, ((x + y) % 3) * 120];
const rgbx = (painting: Painting = colourful) => rgbFrame('RGBX', SIZE, srgb, painting);

/** A GPU that sharpens what `seen` makes of a frame, and counts what it was given. */
function setup(target = TARGET) {
  const clock = { nowMs: 0 };
  const reference = new JsBackend(() => performance.now());
  const gpu = { seen: (frame: VideoFrame) => frame.clone(), areShort: false };
  const openFrames: Backend['openFrames'] = (target) => {
    const frames = reference.openFrames(target);
    const start: BackendFrames['start'] = async (frame, slot) => {
      const seen = gpu.seen(frame);
      const started = await frames.start(seen, slot);
      seen.close();
      return started;
    };
    return { start, dispose: () => {} };
  };
  const backend: Backend = { name: 'wgsl', openFrames, startPixels: reference.startPixels, dispose: () => {} };
  const disableFastPaths = () => {
    const wereShort = gpu.areShort;
    gpu.areShort = false;
    return wereShort;
  };
  let checked = 0;
  const counting: Backend = {
    name: 'js',
    startPixels: async (...parameters) => {
      const started = await reference.startPixels(...parameters);
      return { ...started, finish: () => started.finish().finally(() => checked++) };
    },
    openFrames,
    dispose: () => {},
  };
  const checks = new SpotChecks({ reference: counting, now: () => clock.nowMs, random: () => 0.6, disableFastPaths });
  const failed = vi.fn();
  void checks.failed.then(failed);
  const frames = checks.watch(backend).openFrames(target);
  /** Sharpens a frame after the interval, and closes everything before it is checked. */
  const sharpen = async (frame: VideoFrame) => {
    clock.nowMs += SPOT_CHECK_INTERVAL_MS;
    const started = await frames.start(frame, EXCLUSIVE_SLOT);
    frame.close();
    const sharp = await started.finish();
    const { codedWidth } = sharp;
    sharp.close();
    expect(codedWidth).toBe(TARGET.outWidth);
  };
  /** The same, and waits until it is checked. */
  const sharpenChecked = async (frame: VideoFrame) => {
    const before = checked;
    await sharpen(frame);
    await expect.poll(() => checked, { interval: 5 }).toBe(before + 1);
    // What follows from it.
    for (let turn = 0; turn < 5; turn++) await nextMacrotask();
  };
  return { gpu, failed, sharpen, sharpenChecked };
}

test.each([
  ['RGBX', () => rgbx()],
  ['NV12', () => yuvFrame('NV12', SIZE, bt709, colourful)],
  ['I420 of BT.601', () => yuvFrame('I420', SIZE, colorSpaceOf('smpte170m'), colourful)],
  ['the middle of I420', () => cut(yuvFrame('I420', { width: 128, height: 128 }, bt709, colourful), 16, 8, SIZE)],
])('right frames of %s pass, and are checked after their owner closed them', async (_name, make) => {
  const { sharpenChecked, failed } = setup();
  for (let n = 0; n < 3; n++) await sharpenChecked(make());
  expect(failed).not.toHaveBeenCalled();
});

test('chroma interpolated in another way passes, another picture does not', async () => {
  const { gpu, sharpenChecked, failed } = setup();
  // Chroma as it was before 4:2:0, which no interpolation brings back.
  gpu.seen = () => rgbx();
  for (let n = 0; n < 3; n++) await sharpenChecked(yuvFrame('NV12', SIZE, bt709, colourful));
  expect(failed).not.toHaveBeenCalled();
  gpu.seen = () => rgbx((x, y) => (x + y < 90 ? [250, 20, 60] : [10, 200, 10]));
  for (let n = 0; n < WRONG_IN_A_ROW; n++) await sharpenChecked(yuvFrame('NV12', SIZE, bt709, colourful));
  expect(failed).toHaveBeenCalledOnce();
});

test.each([
  ['RGBX', () => rgbx()],
  ['NV12', () => yuvFrame('NV12', SIZE, bt709, colourful)],
])('right detail of %s passes, detail of another picture does not', async (_name, make) => {
  const { gpu, sharpenChecked, failed } = setup(DETAIL_TARGET);
  for (let n = 0; n < 3; n++) await sharpenChecked(make());
  expect(failed).not.toHaveBeenCalled();
  gpu.seen = () => rgbx((x, y) => (Math.floor(x / 3) % 2 === y % 2 ? [250, 250, 250] : [10, 10, 10]));
  for (let n = 0; n < WRONG_IN_A_ROW; n++) await sharpenChecked(make());
  expect(failed).toHaveBeenCalledOnce();
});

test('detail of chroma that was interpolated in another way passes', async () => {
  const { gpu, sharpenChecked, failed } = setup(DETAIL_TARGET);
  gpu.seen = () => rgbx();
  for (let n = 0; n < 3; n++) await sharpenChecked(yuvFrame('NV12', SIZE, bt709, colourful));
  expect(failed).not.toHaveBeenCalled();
});

test('wrong frames give up the fast paths first, and then the GPU', async () => {
  const { gpu, sharpenChecked, failed } = setup();
  gpu.areShort = true;
  gpu.seen = () => rgbx(() => [0, 0, 0]);
  for (let n = 0; n < WRONG_IN_A_ROW; n++) await sharpenChecked(rgbx());
  expect([gpu.areShort, failed.mock.calls.length]).toEqual([false, 0]);
  for (let n = 0; n < WRONG_IN_A_ROW; n++) await sharpenChecked(rgbx());
  expect(failed).toHaveBeenCalledOnce();
});

test('a turned frame passes unchecked', async () => {
  const { sharpen, sharpenChecked, failed } = setup();
  await sharpen(rgbFrame('RGBX', { width: 80, height: 96 }, srgb, colourful, { rotation: 90 }));
  // Fails where both have been checked.
  await sharpenChecked(rgbx());
  expect(failed).not.toHaveBeenCalled();
});
