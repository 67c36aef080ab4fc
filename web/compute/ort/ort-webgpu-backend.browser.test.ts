import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { IMAGE, NETWORKS, type Quality } from '../../../shared/tasks/upscale.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { doubledReference } from '../networks/reference-network.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { loadNetwork, loadVectors, repositoryModels } from '../test-models.ts';
import { largestVisibleDifference, opaque, paintedPicture, withAlpha } from '../test-pictures.ts';
import { doubler, rimsOf } from '../test-transparency.ts';
import { OrtWebGpuBackend } from './ort-webgpu-backend.ts';

const devices: GPUDevice[] = [];
let backend: OrtWebGpuBackend;

/** On a device of its own; in half precision where that is available. */
async function openBackend(bandPixels?: number, features: GPUFeatureName[] = []): Promise<OrtWebGpuBackend> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter?.requestDevice({ requiredFeatures: features });
  if (!device) throw new Error('no WebGPU in the tests');
  devices.push(device);
  return new OrtWebGpuBackend({
    device,
    models: repositoryModels,
    now: () => performance.now(),
    ...(bandPixels && { bandPixels }),
  });
}

beforeAll(async () => {
  backend = await openBackend();
});

afterAll(() => {
  backend.dispose();
  for (const device of devices) device.destroy();
});

async function upscaled(
  { width, height, data }: PixelImage,
  outWidth: number,
  outHeight: number,
  quality: Quality,
  by = backend,
) {
  const shape = { width, height, outWidth, outHeight, quality };
  return (await by.startPixels(new Uint8Array(data), shape, EXCLUSIVE_SLOT)).finish();
}

// Few sizes: a software GPU compiles for seconds for each new one.
describe.each(NETWORKS)('the network %s on onnxruntime-web on WebGPU', (quality) => {
  test('matches the reference up to the borders, at odd sizes and with alpha', async () => {
    for (const [width, height] of [
      [1, 1],
      [17, 6],
    ] as const) {
      const image = paintedPicture(width, height);
      const { shape, layers } = await loadNetwork(quality);
      const pixels = await upscaled(image, width * 2, height * 2, quality);
      const expected = doubledReference(shape, layers, image).data;
      expect(largestVisibleDifference(pixels, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
    }
  });

  test('matches PyTorch', async () => {
    const part = await loadVectors(quality);
    const [source, sharp] = [part('source'), part('sharp')];
    const image = { ...source, data: withAlpha(source) };
    const pixels = await upscaled(image, sharp.width, sharp.height, quality);
    expect(largestVisibleDifference(pixels, withAlpha(sharp))).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  });
});

test('a transparent picture gets no rim, whatever it is laid over', async () => {
  expect(await rimsOf(doubler(backend, 'fast'), 1)).toEqual([]);
});

describe('on a device of its own, in bands', () => {
  const image = paintedPicture(5, 130);
  let inBands: OrtWebGpuBackend;

  beforeAll(async () => {
    inBands = await openBackend(1);
  });

  afterAll(() => inBands.dispose());

  test('a picture shows no seam, and other sizes are resized by a filter', async () => {
    const { shape, layers } = await loadNetwork('fast');
    const doubled = { width: 10, height: 260, data: doubledReference(shape, layers, image).data };
    const pixels = await upscaled(image, 10, 260, 'fast', inBands);
    expect(largestVisibleDifference(pixels, doubled.data)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
    const larger = await upscaled(image, 20, 390, 'fast', inBands);
    const expected = upscaleReference(doubled, { outWidth: 20, outHeight: 390, quality: 'spatial' });
    expect(largestVisibleDifference(larger, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  });

  // Last, and of the same size: a software GPU compiles for many seconds for another device.
  test('its loss is reported', async () => {
    await upscaled(image, 10, 260, 'fast', inBands);
    devices.at(-1)?.destroy();
    await expect(upscaled(image, 10, 260, 'fast', inBands)).rejects.toMatchObject({ reason: 'device-lost' });
  });
});

test('frames of a stream match pictures, several at a time', async () => {
  const image = opaque(paintedPicture(17, 6));
  const expected = await upscaled(image, 34, 12, 'fast');
  const frames = backend.openFrames({ outWidth: 34, outHeight: 12, quality: 'fast' });
  const shown = await Promise.all(
    [1, 2, 3, 4].map(async (timestamp) => {
      const frame = new VideoFrame(image.data, { format: 'RGBX', codedWidth: 17, codedHeight: 6, timestamp });
      const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
      const pixels = new Uint8Array(34 * 12 * 4);
      await sharp.copyTo(pixels, { format: 'RGBA' });
      frame.close();
      sharp.close();
      return { timestamp: sharp.timestamp, difference: largestVisibleDifference(pixels, expected) };
    }),
  );
  expect(shown.map(({ timestamp }) => timestamp)).toEqual([1, 2, 3, 4]);
  for (const { difference } of shown) expect(difference).toBeLessThanOrEqual(1);
  frames.dispose();
});

test('half precision is within a few steps of the reference', async ({ skip }) => {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter?.features.has('shader-f16')) skip('SwiftShader computes no half precision');
  const half = await openBackend(undefined, ['shader-f16']);
  const image = paintedPicture(17, 6);
  const { shape, layers } = await loadNetwork('quality');
  const pixels = await upscaled(image, 34, 12, 'quality', half);
  const expected = doubledReference(shape, layers, image).data;
  expect(largestVisibleDifference(pixels, expected)).toBeLessThanOrEqual(IMAGE.networkTolerance8bit);
  half.dispose();
});
