import { expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { Engine } from './engine.ts';
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

test('when no backends can be selected after a device was lost, tasks and frames go on without a GPU', async () => {
  let lose = () => {};
  const lost = new Promise<void>((resolve) => {
    lose = resolve;
  });
  const first = brokenDevice(lost);
  const devices = [first, brokenDevice()];
  const requestDevice = async () => devices.shift();
  const requestAdapter = async () => ({ info: { vendor: 'a maker' }, features: new Set(), requestDevice });
  const told: EngineCapabilities[] = [];
  const engine = await Engine.create({
    ...{ gpu: { requestAdapter } as unknown as GPU, now: () => performance.now() },
    onCapabilities: (capabilities) => told.push(capabilities),
  });
  const image = paintedPicture(4, 4);
  const task = definitionOf('upscale').pack({ image, width: 8, height: 8, quality: 'spatial' });
  const upscaled = () => engine.execute('upscale', task, { owner: 'nobody', signal: new AbortController().signal });
  expect((await upscaled()).backend).toBe('js');

  lose();
  await expect.poll(() => told.length).toBe(1);
  expect((await upscaled()).backend).toBe('js');
  expect(told[0]?.adapter).toContain('The GPU was lost');
  expect(first.isDestroyed).toBe(true);
  engine.dispose();
});
