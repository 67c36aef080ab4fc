import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { upscale } from '../../shared/tasks/upscale.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import type { Backend, BackendName, UpscaleShape } from './backend.ts';
import { BackendSet } from './backend-set.ts';
import { Dialogue } from './dialogue/dialogue.ts';
import { Inference } from './infer/inference.ts';
import { LoadedModelCache } from './infer/loaded-model-cache.ts';
import { MEMORY_RETRY_MS } from './memory-failures.ts';
import { NetworkBackends } from './network-backends.ts';

function backend(name: BackendName, runsNetworks: boolean): Backend {
  const unused = () => {
    throw new Error('only chosen here');
  };
  return { name, startPixels: unused, openFrames: unused, dispose: () => {}, ...(runsNetworks && { prepare: unused }) };
}

/** Costs measured earlier, so that they can be predicted here. */
const KNOWN = { fast: { wgsl: { fixedMs: 1, msPerPixel: 0 }, wasm: { fixedMs: 40, msPerPixel: 0 } } };

/** A GPU whose textures have at most 8,192 pixels a side, of which a network doubles the source. */
function setup(processor = backend('js', false), hasHardwareGpu = true) {
  const fits = ({ quality, width, height }: UpscaleShape) =>
    quality === 'spatial' || 2 * Math.max(width, height) <= 8_192;
  const gpu = { ...backend('wgsl', true), fits };
  const paths = { frameIn: 'importExternalTexture', frameOut: 'canvas' };
  const clock = new ManualClock();
  const now = () => clock.now();
  const networks = new NetworkBackends({ models: undefined, tiers: [], knownCosts: KNOWN, now });
  networks.backendFor = () => gpu;
  networks.find = () => gpu;
  const models = new LoadedModelCache({ onnx: undefined, runtimes: [] });
  const set = new BackendSet({
    ...{
      adapter: 'A GPU',
      framePaths: () => paths,
      filters: gpu,
      processor,
      hasHardwareGpu,
      spotChecks: null,
      unitsPerMs: 1,
      networks,
    },
    ...{
      executors: new Map(),
      inference: new Inference({ models, after: () => () => {}, now }),
      dialogue: new Dialogue({ models, language: undefined, after: () => () => {}, now }),
      owned: [],
    },
    ...{ measured: { key: '', cpuUnitsPerMs: 1_000, gpu: null }, preparesNetworks: false, now },
    lost: new Promise(() => {}),
  });
  return { set, networks, gpu, processor, paths, clock };
}

const small = { width: 64, height: 36, outWidth: 128, outHeight: 72, quality: 'spatial' } as const;
const large = { width: 640, height: 360, outWidth: 1280, outHeight: 720, quality: 'spatial' } as const;
const noMemory = new MeshError('too-large', 'This GPU has no memory for it.');

test('pictures as large as one that the GPU could not hold go to the processor, smaller ones to the GPU', () => {
  const { set, gpu, processor } = setup();
  expect(set.backendFor(large)).toBe(gpu);
  expect(set.hasOther(gpu, large, noMemory)).toBe(true);
  expect(set.backendFor(large)).toBe(processor);
  expect(set.backendFor({ ...large, width: 800, outWidth: 1600 })).toBe(processor);
  expect(set.backendFor(small)).toBe(gpu);
});

test('the GPU is tried again after a while: what took its memory may be gone', () => {
  const { set, gpu, processor, clock } = setup();
  set.hasOther(gpu, large, noMemory);
  clock.advance(MEMORY_RETRY_MS - 1);
  expect(set.backendFor(large)).toBe(processor);
  clock.advance(1);
  expect(set.backendFor(large)).toBe(gpu);
});

test('a picture that is too long for the GPU goes to the processor, and no other one does: that says nothing about its memory', () => {
  const { set, gpu, processor } = setup(backend('wasm', true));
  const long = { width: 4_097, height: 1, outWidth: 4_097, outHeight: 1, quality: 'fast' } as const;
  const network = { ...large, quality: 'fast' } as const;
  expect(set.backendFor(long)).toBe(processor);
  // As when the network was compiled only meanwhile.
  expect(set.hasOther(gpu, long, noMemory)).toBe(true);
  expect([set.backendFor(network), set.backendFor({ ...long, width: 4_096 })]).toEqual([gpu, gpu]);
});

test('a picture with few source pixels is not as large as one with many, whatever the sizes of their results', () => {
  const { set, gpu, processor } = setup(backend('wasm', true));
  const shrunk = { width: 4_000, height: 4_000, outWidth: 100, outHeight: 100, quality: 'fast' } as const;
  set.hasOther(gpu, shrunk, noMemory);
  expect(set.backendFor({ ...large, quality: 'fast' })).toBe(gpu);
  expect(set.backendFor({ ...shrunk, outWidth: 200 })).toBe(processor);
});

test('times are predicted for the backend that will compute the picture', () => {
  const { set, gpu } = setup(backend('wasm', true));
  const network = { ...large, quality: 'fast' } as const;
  expect([set.predictMs(network), set.predictMs({ ...network, width: 4_097, outWidth: 8_194 })]).toEqual([1, 40]);
  expect(set.predictMs(large)).toBe(null);
  set.hasOther(gpu, large, noMemory);
  set.hasOther(gpu, network, noMemory);
  expect([set.predictMs(large), set.predictMs(network)]).toEqual([upscale.cost(large) / 1_000, 40]);
});

test('what a hardware GPU computes is told from what a software GPU or the processor does', () => {
  const network = { ...large, quality: 'fast' } as const;
  const tooLong = { ...network, width: 4_097, outWidth: 8_194 };
  const hardware = setup(backend('wasm', true));
  expect([network, tooLong, large].map((shape) => hardware.set.isOnGpu(shape))).toEqual([true, false, false]);
  hardware.networks.find = () => undefined;
  expect(hardware.set.isOnGpu(network), 'by what is known of its speed').toBe(true);
  hardware.networks.likelyBackend = () => 'wasm';
  expect(hardware.set.isOnGpu(network)).toBe(false);
  expect(setup(backend('wasm', true), false).set.isOnGpu(network)).toBe(false);
});

test('nothing is tried again when something else failed, or the processor', () => {
  const { set, gpu, processor } = setup();
  expect(set.hasOther(gpu, large, new MeshError('device-lost', 'It is gone.'))).toBe(false);
  expect(set.hasOther(gpu, large, new Error('unexpected'))).toBe(false);
  expect(set.backendFor(large)).toBe(gpu);
  expect(set.hasOther(processor, large, noMemory)).toBe(false);
});

test('a network goes to the processor where that runs networks, and else fails as it did', () => {
  const network = { ...large, quality: 'fast' } as const;
  const filtersOnly = setup();
  expect(filtersOnly.set.hasOther(filtersOnly.gpu, network, noMemory)).toBe(false);
  const { set, gpu, processor } = setup(backend('wasm', true));
  expect(set.hasOther(gpu, network, noMemory)).toBe(true);
  expect([set.backendFor(network), set.backendFor(large)]).toEqual([processor, gpu]);
});

test('the paths of frames are those that are used by now', () => {
  const { set, paths } = setup();
  expect([set.frameIn, set.frameOut]).toEqual(['importExternalTexture', 'canvas']);
  Object.assign(paths, { frameIn: 'copyTo', frameOut: 'readback' });
  expect([set.frameIn, set.frameOut]).toEqual(['copyTo', 'readback']);
});
