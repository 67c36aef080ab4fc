import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDevice } from '../../compute/wgsl/gpu-device.ts';
import { detailOf, drawn, mixedCodes, pictureFrame } from './test-composing.ts';
import { testWay } from './test-ways.ts';
import { WebGlComposer } from './webgl-composer.ts';
import { WebGpuComposer } from './webgpu-composer.ts';

let device: GPUDevice;

beforeAll(async () => {
  device = await newDevice();
});

afterAll(() => device.destroy());

async function newDevice(): Promise<GPUDevice> {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  return opened.device;
}

testWay('WebGPU with frames as they are', () => WebGpuComposer.open(device));
testWay('WebGPU with pixels that the processor read', async () =>
  Object.assign(await WebGpuComposer.open(device), { isDirect: false }),
);
testWay('WebGL 2 with frames as they are', async () => new WebGlComposer(true));

test('a lost device is an error that another way of composing can take over from', async () => {
  const lost = await newDevice();
  const composer = await WebGpuComposer.open(lost);
  const { frame } = pictureFrame(24, 16);
  const raw = await composer.load(frame);
  const out = { width: 48, height: 32 };
  await drawn(composer, raw, detailOf(raw, mixedCodes(out)), out);
  lost.destroy();
  await lost.lost;
  await expect(drawn(composer, raw, null, out)).rejects.toMatchObject({ reason: 'device-lost' });
  await expect(composer.load(frame)).rejects.toMatchObject({ reason: 'device-lost' });
  frame.close();
});
