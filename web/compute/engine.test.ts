import { expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { Engine, MAX_DEVICE_LOSSES } from './engine.ts';
import type { EngineCapabilities } from './engine-types.ts';
import { paintedPicture } from './test-pictures.ts';

/** A device that runs no kernels. Backends cannot be selected at all with one that does not tell when it is lost. */
function brokenDevice(lost?: Promise<unknown>) {
  const device = {
    ...{ features: new Set(), limits: {}, lost, isDestroyed: false },
    destroy() {
      device.isDestroyed = true;
    },
  };
  return device;
}

function losableDevice() {
  let lose = () => {};
  const lost = new Promise<void>((resolve) => {
    lose = resolve;
  });
  return Object.assign(brokenDevice(lost), { lose: () => lose() });
}

/** A real GPU by its looks. */
function gpuOf(requestDevice: () => Promise<unknown>): GPU {
  const requestAdapter = async () => ({ info: { vendor: 'a maker' }, features: new Set(), requestDevice });
  return { requestAdapter } as unknown as GPU;
}

const image = paintedPicture(4, 4);
const task = definitionOf('upscale').pack({ image, width: 8, height: 8, quality: 'spatial' });
const upscaled = (engine: Engine) =>
  engine.execute('upscale', task, { owner: 'nobody', signal: new AbortController().signal });

test('when no backends can be selected after a device was lost, tasks and frames go on without a GPU', async () => {
  const first = losableDevice();
  const devices: unknown[] = [first, brokenDevice()];
  const told: EngineCapabilities[] = [];
  const engine = await Engine.create({
    ...{ gpu: gpuOf(async () => devices.shift()), now: () => performance.now() },
    onCapabilities: (capabilities) => told.push(capabilities),
  });
  expect((await upscaled(engine)).backend).toBe('js');

  first.lose();
  await expect.poll(() => told.length).toBe(1);
  expect((await upscaled(engine)).backend).toBe('js');
  expect(told[0]?.adapter).toContain('The GPU was lost');
  expect(first.isDestroyed).toBe(true);
  engine.dispose();
});

test('a GPU that was lost too often is left alone', async () => {
  const devices: ReturnType<typeof losableDevice>[] = [];
  let told = 0;
  const engine = await Engine.create({
    gpu: gpuOf(async () => {
      const device = losableDevice();
      devices.push(device);
      return device;
    }),
    now: () => performance.now(),
    onCapabilities: () => told++,
  });
  for (let loss = 1; loss <= MAX_DEVICE_LOSSES + 1; loss++) {
    expect(devices).toHaveLength(loss);
    devices.at(-1)?.lose();
    await expect.poll(() => told).toBe(loss);
  }
  expect(devices).toHaveLength(MAX_DEVICE_LOSSES + 1);
  expect((await upscaled(engine)).backend).toBe('js');
  engine.dispose();
});
