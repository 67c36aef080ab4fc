import { afterEach, expect, test } from 'vitest';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { colorSpaceOf, rgbFrame } from '../painted-frames.ts';
import { RgbaReader } from '../video-frames.ts';
import { READBACK_RING_SIZE } from './gpu-buffers.ts';
import { openDevice } from './gpu-device.ts';
import { WgslBackend } from './wgsl-backend.ts';

const SIZE = { width: 48, height: 32 };
const TARGET = { outWidth: 96, outHeight: 64, quality: 'bilinear' } as const;
const srgb = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });

const devices: GPUDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.destroy();
});

async function openFrames() {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  devices.push(opened.device);
  const backend = new WgslBackend(opened.device);
  backend.framePaths = { frameIn: 'copyExternalImageToTexture', frameOut: 'canvas' };
  return { device: opened.device, frames: backend.openFrames(TARGET) };
}

function grey(value: number): VideoFrame {
  return rgbFrame('RGBX', SIZE, srgb, () => [value, value, value]);
}

/** Replaces what says that the GPU is done. */
function heldQueue(device: GPUDevice): (() => void)[] {
  const ends: (() => void)[] = [];
  device.queue.onSubmittedWorkDone = () => new Promise<undefined>((resolve) => ends.push(() => resolve(undefined)));
  return ends;
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<'later'>((resolve) => setTimeout(() => resolve('later'), 20));
  return (await Promise.race([promise, later])) !== 'later';
}

test('a frame on a canvas is finished only when the GPU has computed it', async () => {
  const { device, frames } = await openFrames();
  const ends = heldQueue(device);
  const started = await frames.start(grey(10), EXCLUSIVE_SLOT);
  const finished = started.finish();
  expect([started.isDone, await isSettled(finished)]).toEqual([false, false]);
  ends[0]?.();
  (await finished).close();
});

test('a GPU that falls behind gets no more frames than a readback ring has buffers', async () => {
  const { device, frames } = await openFrames();
  const ends = heldQueue(device);
  for (let n = 0; n < READBACK_RING_SIZE; n++) await frames.start(grey(n), EXCLUSIVE_SLOT);
  const next = frames.start(grey(99), EXCLUSIVE_SLOT);
  expect(await isSettled(next)).toBe(false);
  ends[0]?.();
  expect((await next).isDone).toBe(false);
});

test('frames in computation at the same time keep their pictures apart', async () => {
  const { frames } = await openFrames();
  const values = [20, 60, 100, 140, 180, 220];
  const finishing: Promise<VideoFrame>[] = [];
  for (const value of values) finishing.push((await frames.start(grey(value), EXCLUSIVE_SLOT)).finish());
  const seen: (number | undefined)[] = [];
  for (const frame of await Promise.all(finishing)) seen.push((await new RgbaReader().read(frame)).data[0]);
  expect(seen).toEqual(values);
});

test('a device that is lost meanwhile takes its frames with it', async () => {
  const { device, frames } = await openFrames();
  const ends = heldQueue(device);
  const finished = (await frames.start(grey(10), EXCLUSIVE_SLOT)).finish();
  device.destroy();
  await device.lost;
  ends[0]?.();
  await expect(finished).rejects.toMatchObject({ reason: 'device-lost' });
});

test('frames in computation when a device is lost are either whole or reported as lost', async () => {
  const { device, frames } = await openFrames();
  const values = [20, 60, 100];
  const finishing: Promise<VideoFrame>[] = [];
  for (const value of values) finishing.push((await frames.start(grey(value), EXCLUSIVE_SLOT)).finish());
  device.destroy();
  for (const [n, outcome] of (await Promise.allSettled(finishing)).entries()) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ reason: 'device-lost' });
    else expect((await new RgbaReader().read(outcome.value)).data[0]).toBe(values[n]);
  }
});
