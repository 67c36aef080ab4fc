import { afterEach, expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { IMAGE, type Quality } from '../../shared/tasks/upscale.ts';
import { Engine } from './engine.ts';
import type { EngineCapabilities, EngineOptions, ExecuteOptions } from './engine-types.ts';
import { doubledReference } from './networks/reference-network.ts';
import { fixedSpeeds } from './test-gpu.ts';
import { loadNetwork, repositoryModels } from './test-models.ts';
import { largestVisibleDifference, opaque, paintedPicture } from './test-pictures.ts';

const nobodys: ExecuteOptions = { owner: 'nobody', signal: new AbortController().signal };
const engines: Engine[] = [];

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

async function startEngine(options: Partial<EngineOptions>): Promise<Engine> {
  const engine = await Engine.create({
    gpu: navigator.gpu,
    now: () => performance.now(),
    models: repositoryModels,
    ...options,
  });
  engines.push(engine);
  return engine;
}

async function upscaled(engine: Engine, quality: Quality) {
  const image = paintedPicture(25, 14);
  const task = definitionOf('upscale').pack({ image, width: 50, height: 28, quality });
  const executed = await engine.execute('upscale', task, nobodys);
  return { image, backend: executed.backend, pixels: executed.attachments[0] ?? new Uint8Array(0) };
}

test('a machine without WebGPU runs networks in WebAssembly, and advertises their speed once it is measured', async () => {
  const told: EngineCapabilities[] = [];
  const engine = await startEngine({ gpu: undefined, onCapabilities: (capabilities) => told.push(capabilities) });
  expect(engine.capabilities.backends).not.toHaveProperty(['upscale:fast']);
  const { image, backend, pixels } = await upscaled(engine, 'fast');
  const { shape, layers } = await loadNetwork('fast');
  expect(backend).toBe('wasm');
  expect(largestVisibleDifference(pixels, doubledReference(shape, layers, image).data)).toBeLessThanOrEqual(
    IMAGE.tolerance8bit,
  );
  await upscaled(engine, 'fast');
  expect(told).toHaveLength(1);
  expect(told[0]?.backends['upscale:fast']).toMatchObject({ backend: 'wasm' });
  expect(told[0]?.backends.upscale).toMatchObject({ backend: 'wasm' });
});

test('a stream runs a network too, and names its backend', async () => {
  const engine = await startEngine({ gpu: undefined, measuredSpeeds: await fixedSpeeds(undefined, null) });
  const { image, pixels } = await upscaledOpaque(engine);
  const frames = engine.openFrames({ outWidth: 48, outHeight: 28, quality: 'fast' });
  const frame = new VideoFrame(image.data, { format: 'RGBX', codedWidth: 24, codedHeight: 14, timestamp: 3 });
  const sharp = await frames.process(frame);
  const shown = new Uint8Array(48 * 28 * 4);
  await sharp.copyTo(shown, { format: 'RGBA' });
  expect([frames.backend, sharp.timestamp]).toEqual(['wasm', 3]);
  expect(largestVisibleDifference(shown, pixels)).toBeLessThanOrEqual(1);
  frame.close();
  sharp.close();
});

async function upscaledOpaque(engine: Engine) {
  const image = opaque(paintedPicture(24, 14));
  const task = definitionOf('upscale').pack({ image, width: 48, height: 28, quality: 'fast' });
  const { attachments } = await engine.execute('upscale', task, nobodys);
  return { image, pixels: attachments[0] ?? new Uint8Array(0) };
}

test("onnxruntime-web runs on the engine's device when it is preferred", async () => {
  const engine = await startEngine({
    preferBackend: 'ort-webgpu',
    measuredSpeeds: await fixedSpeeds('ort-webgpu'),
  });
  expect((await upscaled(engine, 'fast')).backend).toBe('ort-webgpu');
  expect((await upscaled(engine, 'spatial')).backend).toBe('wasm');
});

test('without models networks are unknown, a cancelled task ends at once, and filters still run', async () => {
  const engine = await Engine.create({ gpu: undefined, now: () => performance.now() });
  engines.push(engine);
  await expect(upscaled(engine, 'fast')).rejects.toMatchObject({ reason: 'unknown-model' });
  expect((await upscaled(engine, 'spatial')).backend).toBe('wasm');
  const slow = await startEngine({ gpu: undefined, models: { load: () => new Promise(() => {}) } });
  const controller = new AbortController();
  const image = paintedPicture(4, 4);
  const task = definitionOf('upscale').pack({ image, scale: 2, quality: 'fast' });
  const waiting = slow.execute('upscale', task, { owner: 'impatient', signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'cancelled' });
  // Nor does it delay the others.
  expect((await upscaled(slow, 'spatial')).backend).toBe('wasm');
});
