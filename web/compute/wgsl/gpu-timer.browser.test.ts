import { expect, test } from 'vitest';
import { EXCLUSIVE_SLOT, testPattern } from '../filter-benchmark.ts';
import { openDevice } from './gpu-device.ts';
import { WgslBackend } from './wgsl-backend.ts';

const SHAPE = { width: 64, height: 36, outWidth: 128, outHeight: 72, quality: 'spatial' } as const;

test('the GPU tells how long it computed: no longer than the wait for its answer, for any number in flight', async () => {
  const opened = await openDevice(navigator.gpu);
  expect(opened).not.toBeNull();
  if (!opened) return;
  const backend = new WgslBackend(opened.device);
  const isTold = opened.device.features.has('timestamp-query');
  const { data } = testPattern(SHAPE.width, SHAPE.height);
  const pixels = new Uint8Array(data.buffer);
  // Compiles.
  await (await backend.startPixels(pixels, SHAPE, EXCLUSIVE_SLOT)).finish();
  for (let round = 0; round < 2; round++) {
    const startMs = performance.now();
    const started = await Promise.all(
      Array.from({ length: 12 }, () => backend.startPixels(pixels, SHAPE, EXCLUSIVE_SLOT)),
    );
    await Promise.all(started.map(({ finish }) => finish()));
    const gpuMs = await Promise.all(started.flatMap((one) => one.gpuMs ?? []));
    const waitedMs = performance.now() - startMs;
    expect(gpuMs.length > 0).toBe(isTold);
    const toldMs = gpuMs.map((ms) => ms ?? Number.NaN);
    for (const ms of toldMs) expect(ms).toBeGreaterThanOrEqual(0);
    expect(Math.max(0, ...toldMs)).toBeLessThanOrEqual(waitedMs);
    if (isTold) expect(Math.max(...toldMs)).toBeGreaterThan(0);
  }
  backend.dispose();
});
