import { expect, test } from 'vitest';
import { openDevice } from './gpu-device.ts';

const info = { vendor: 'tests', architecture: 'fake', device: '', description: '', isFallbackAdapter: false };

/** A GPU that offers features, and records for which it was asked. */
function fakeGpu(offered: string[], refuses: (features: string[]) => boolean = () => false) {
  const asked: string[][] = [];
  const requestDevice = async ({ requiredFeatures = [], requiredLimits }: GPUDeviceDescriptor = {}) => {
    const features = [...requiredFeatures];
    asked.push(features);
    expect(requiredLimits).toBeUndefined();
    if (refuses(features)) throw new DOMException('not here', 'OperationError');
    return { features: new Set(features) };
  };
  const adapter = { info, features: new Set(offered), requestDevice };
  return { gpu: { requestAdapter: async () => adapter } as unknown as GPU, asked };
}

test('of what an adapter offers, only half precision and the clock are asked for, and no limits', async () => {
  const { gpu, asked } = fakeGpu(['texture-compression-bc', 'shader-f16', 'timestamp-query']);
  expect(await openDevice(gpu)).toMatchObject({ name: 'tests fake', isSoftware: false });
  expect(asked).toEqual([['shader-f16', 'timestamp-query']]);
});

test('an adapter without half precision is opened without it', async () => {
  const { gpu, asked } = fakeGpu([]);
  await openDevice(gpu);
  expect(asked).toEqual([[]]);
});

test('a GPU that offers features which its devices do not have is opened without them', async () => {
  const { gpu, asked } = fakeGpu(['shader-f16'], (features) => features.length > 0);
  const opened = await openDevice(gpu);
  expect(opened?.device.features.has('shader-f16')).toBe(false);
  expect(asked).toEqual([['shader-f16'], []]);
});

test('a GPU that opens no device at all is tried twice and not for ever', async () => {
  const { gpu, asked } = fakeGpu(['shader-f16'], () => true);
  await expect(openDevice(gpu)).rejects.toThrow('not here');
  expect(asked).toHaveLength(2);
});
