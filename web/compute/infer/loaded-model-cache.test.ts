import { expect, test } from 'vitest';
import { LoadedModelCache } from './loaded-model-cache.ts';
import { writeOnnx } from './test-onnx.ts';
import { summing } from './test-sessions.ts';

const asked = () => new AbortController().signal;

test('weights beside a model may change at any address, and are known by their hash in the server’s list', async () => {
  const model = writeOnnx({
    nodes: [{ operator: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    ...{ inputs: { x: { dims: ['n', 2] } }, outputs: { y: { dims: ['n', 2] } } },
    constants: { w: { dims: [2], values: [], file: 'weights.bin' } },
  });
  const onnx = { loadOnnx: async () => model.slice(), loadData: async () => new Uint8Array(8) };
  const models = new LoadedModelCache({ onnx, runtimes: [summing().open] });
  const names = ['listed', `https://models.example/a.onnx#sha256=${'0'.repeat(64)}`];
  const loaded = await Promise.all(names.map((name) => models.get(name, [], () => {}, asked())));
  expect(loaded.map(({ varies }) => varies)).toEqual([false, true]);
});
