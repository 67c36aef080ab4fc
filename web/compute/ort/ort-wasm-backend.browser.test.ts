import { afterAll, describe, expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { IMAGE, NETWORKS, type Quality } from '../../../shared/tasks/upscale.ts';
import { filterAfter } from '../backend.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { doubledReference } from '../networks/reference-network.ts';
import { upscaleReference } from '../reference/upscale.ts';
import type { TimeSlot } from '../schedule.ts';
import { loadNetwork, loadVectors, repositoryModels } from '../test-models.ts';
import { largestVisibleDifference, ODD_SIZES, opaque, paintedPicture, withAlpha } from '../test-pictures.ts';
import { doubler, rimsOf } from '../test-transparency.ts';
import { OrtWasmBackend } from './ort-wasm-backend.ts';
import { MAX_RUNTIME_THREADS, runtimeThreads } from './runtime.ts';

const backend = new OrtWasmBackend(repositoryModels, () => performance.now());

afterAll(() => backend.dispose());

/** The result, and how often the backend yielded. */
async function upscaled(
  { width, height, data }: PixelImage,
  outWidth: number,
  outHeight: number,
  quality: Quality,
  by = backend,
) {
  let turns = 0;
  const slot: TimeSlot = { signal: new AbortController().signal, yieldNow: async () => void turns++ };
  const shape = { width, height, outWidth, outHeight, quality };
  const started = await by.startPixels(new Uint8Array(data), shape, slot);
  return { pixels: await started.finish(), turns };
}

describe.each(NETWORKS)('the network %s on onnxruntime-web on the processor', (quality) => {
  test('matches the reference up to the borders, at odd sizes and with alpha', async () => {
    for (const [width, height] of ODD_SIZES) {
      const image = paintedPicture(width, height);
      const { shape, layers } = await loadNetwork(quality);
      const { pixels } = await upscaled(image, width * 2, height * 2, quality);
      const expected = doubledReference(shape, layers, image).data;
      expect(largestVisibleDifference(pixels, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
    }
  });

  test('makes any size that is asked for: a filter resizes the doubled picture', async () => {
    const image = paintedPicture(23, 14);
    const { shape, layers } = await loadNetwork(quality);
    const doubled = { width: 46, height: 28, data: doubledReference(shape, layers, image).data };
    for (const [outWidth, outHeight, filter] of [
      [23, 14, 'bilinear'],
      [40, 21, 'bilinear'],
      [46, 30, 'spatial'],
      [92, 56, 'spatial'],
    ] as const) {
      expect(filterAfter({ width: 23, height: 14, outWidth, outHeight, quality })).toBe(filter);
      const { pixels } = await upscaled(image, outWidth, outHeight, quality);
      const expected = upscaleReference(doubled, { outWidth, outHeight, quality: filter });
      expect(largestVisibleDifference(pixels, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
    }
  });

  test('computes a large picture in bands, yields between them, and shows no seam', async () => {
    const image = paintedPicture(6, 400);
    const { shape, layers } = await loadNetwork(quality);
    // The smallest bands.
    const inBands = new OrtWasmBackend(repositoryModels, () => performance.now(), 1);
    const { pixels, turns } = await upscaled(image, 12, 800, quality, inBands);
    expect(turns).toBeGreaterThan(0);
    expect(largestVisibleDifference(pixels, doubledReference(shape, layers, image).data)).toBeLessThanOrEqual(
      IMAGE.tolerance8bit,
    );
    inBands.dispose();
  });

  test('a transparent picture gets no rim, whatever it is laid over', async () => {
    expect(await rimsOf(doubler(backend, quality))).toEqual([]);
  });

  test('matches PyTorch', async () => {
    const part = await loadVectors(quality);
    const [source, sharp] = [part('source'), part('sharp')];
    const image = { ...source, data: withAlpha(source) };
    const { pixels } = await upscaled(image, sharp.width, sharp.height, quality);
    expect(largestVisibleDifference(pixels, withAlpha(sharp))).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  });
});

test('frames of a stream match pictures and keep their time', async () => {
  const image = opaque(paintedPicture(32, 18));
  const { pixels } = await upscaled(image, 64, 36, 'fast');
  const frames = backend.openFrames({ outWidth: 64, outHeight: 36, quality: 'fast' });
  const size = { codedWidth: 32, codedHeight: 18 };
  const frame = new VideoFrame(image.data, { format: 'RGBX', ...size, timestamp: 7 });
  const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
  const shown = new Uint8Array(64 * 36 * 4);
  await sharp.copyTo(shown, { format: 'RGBA' });
  expect(sharp.timestamp).toBe(7);
  expect(largestVisibleDifference(shown, pixels)).toBeLessThanOrEqual(1);
  frame.close();
  sharp.close();
  frames.dispose();
});

test('filters are refused, and a disposed backend refuses work', async () => {
  await expect(upscaled(paintedPicture(4, 4), 8, 8, 'spatial')).rejects.toMatchObject({ reason: 'unknown-model' });
  const gone = new OrtWasmBackend(repositoryModels, () => performance.now());
  gone.dispose();
  const frames = gone.openFrames({ outWidth: 8, outHeight: 8, quality: 'fast' });
  const frame = new VideoFrame(new Uint8Array(64), { format: 'RGBX', codedWidth: 4, codedHeight: 4, timestamp: 0 });
  await expect(frames.start(frame, EXCLUSIVE_SLOT)).rejects.toMatchObject({ reason: 'closed' });
  frame.close();
});

test('one core is left to other work, and without shared memory there is one thread', () => {
  expect([1, 2, 4, 16].map((cores) => runtimeThreads(true, cores))).toEqual([1, 1, 3, MAX_RUNTIME_THREADS]);
  expect(runtimeThreads(false, 16)).toBe(1);
});
