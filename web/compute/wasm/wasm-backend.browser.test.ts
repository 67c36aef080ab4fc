import { afterEach, expect, test } from 'vitest';
import { NETWORKS } from '../../../shared/tasks/upscale.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { repositoryModels } from '../test-models.ts';
import { largestVisibleDifference, opaque, paintedPicture } from '../test-pictures.ts';
import { loadKernels } from './open-wasm.ts';
import { WasmBackend } from './wasm-backend.ts';

const backends: WasmBackend[] = [];

afterEach(() => {
  for (const backend of backends.splice(0)) backend.dispose();
});

async function openBackend(threads: number): Promise<WasmBackend> {
  const { kernels } = await loadKernels();
  const backend = new WasmBackend({ kernels, threads, models: repositoryModels, now: () => performance.now() });
  backends.push(backend);
  return backend;
}

test('frames of a stream match the reference, keep their time, and follow a source that changes its size', async () => {
  const backend = await openBackend(1);
  const frames = backend.openFrames({ outWidth: 62, outHeight: 44, quality: 'spatial' });
  for (const [width, height] of [
    [31, 22],
    [33, 40],
  ] as const) {
    const image = opaque(paintedPicture(width, height));
    const size = { codedWidth: width, codedHeight: height };
    const frame = new VideoFrame(image.data, { format: 'RGBX', ...size, timestamp: width });
    const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
    const shown = new Uint8Array(62 * 44 * 4);
    await sharp.copyTo(shown, { format: 'RGBA' });
    const expected = upscaleReference(image, { outWidth: 62, outHeight: 44, quality: 'spatial' });
    expect(sharp.timestamp).toBe(width);
    expect(largestVisibleDifference(shown, expected)).toBeLessThanOrEqual(1);
    frame.close();
    sharp.close();
  }
});

test('several threads compute what one computes, picture after picture, and a picture at a time when two are asked for', async () => {
  expect(self.crossOriginIsolated, 'shared memory needs an isolated page').toBe(true);
  const alone = await openBackend(1);
  const together = await openBackend(3);
  const image = paintedPicture(301, 203);
  const run = async (backend: WasmBackend, quality: 'spatial' | (typeof NETWORKS)[number]) => {
    const shape = { width: 301, height: 203, outWidth: 602, outHeight: 406, quality } as const;
    return (await backend.startPixels(new Uint8Array(image.data), shape, EXCLUSIVE_SLOT)).finish();
  };
  for (const quality of ['spatial', ...NETWORKS] as const) {
    const expected = await run(alone, quality);
    await expect.poll(() => together.threads).toBe(3);
    for (const made of await Promise.all([run(together, quality), run(together, quality)])) {
      expect(largestVisibleDifference(made, expected)).toBe(0);
    }
  }
});
