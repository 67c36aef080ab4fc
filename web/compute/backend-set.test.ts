import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Backend, BackendName } from './backend.ts';
import { BackendSet } from './backend-set.ts';
import { Inference } from './infer/inference.ts';
import { NetworkSelection } from './network-selection.ts';

function backend(name: BackendName, runsNetworks: boolean): Backend {
  const unused = () => {
    throw new Error('only chosen here');
  };
  return { name, startPixels: unused, openFrames: unused, dispose: () => {}, ...(runsNetworks && { prepare: unused }) };
}

function setup(processor = backend('js', false)) {
  const gpu = backend('wgsl', true);
  const paths = { frameIn: 'importExternalTexture', frameOut: 'canvas' };
  const now = () => 0;
  const networks = new NetworkSelection({ models: undefined, tiers: [], now });
  networks.find = () => gpu;
  const set = new BackendSet({
    ...{
      adapter: 'A GPU',
      framePaths: () => paths,
      filters: gpu,
      processor,
      spotChecks: null,
      unitsPerMs: 1,
      networks,
    },
    ...{ executors: new Map(), inference: new Inference({ onnx: undefined, runtimes: [], now }), owned: [] },
    ...{ measured: { key: '', cpuUnitsPerMs: 1, gpu: null }, preparesNetworks: false, lost: new Promise(() => {}) },
  });
  return { set, gpu, processor, paths };
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
  const { set, gpu, processor } = setup(backend('ort-wasm', true));
  expect(set.hasOther(gpu, network, noMemory)).toBe(true);
  expect([set.backendFor(network), set.backendFor(large)]).toEqual([processor, gpu]);
});

test('the paths of frames are those that are used by now', () => {
  const { set, paths } = setup();
  expect([set.frameIn, set.frameOut]).toEqual(['importExternalTexture', 'canvas']);
  Object.assign(paths, { frameIn: 'copyTo', frameOut: 'readback' });
  expect([set.frameIn, set.frameOut]).toEqual(['copyTo', 'readback']);
});
