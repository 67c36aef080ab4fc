import { expect, it } from 'vitest';
import { glanceAtGpu, gpuSentence } from './gpu-glance.ts';

it('says how to reach the graphics card where http:// is what hides it', async () => {
  expect(gpuSentence(await glanceAtGpu(undefined, false))).toContain('https://');
  expect(gpuSentence(await glanceAtGpu(undefined, true))).toContain('WebGPU');
});
