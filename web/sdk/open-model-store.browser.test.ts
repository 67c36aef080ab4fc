import { expect, test } from 'vitest';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { openModelStore } from './open-model-store.ts';

test('a worker finds the networks beside its folder and reports their download', async () => {
  const told: ModelProgress[] = [];
  const store = openModelStore(new URL('./volunteer.worker.ts', import.meta.url).href, (progress) =>
    told.push(progress),
  );
  const { model, bytes } = await store.load('balanced', 'onnxFp16');
  expect(bytes.byteLength).toBe(model.files.onnxFp16.bytes);
  expect(told.at(-1)).toMatchObject({ model: 'balanced', kind: 'onnxFp16', state: 'ready' });
  await caches.delete('p2c2r-models');
});
