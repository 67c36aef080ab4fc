import { expect, it } from 'vitest';
import { describeCapabilities, detectGpu, gpuMessage } from './capabilities-panel.tsx';

const backends = { echo: { backend: 'js', unitsPerMs: 1 }, upscale: { backend: 'wgsl', unitsPerMs: 600_000 } };

it('describes capabilities with speeds, and omits echo', () => {
  expect(describeCapabilities({ adapter: 'NVIDIA GeForce RTX 3060', backends })).toEqual([
    { name: 'Sharpening', means: 'on the graphics card', speed: '100 megapixels a second, 109 frames of 720p' },
  ]);
});

it('does not call a software GPU a graphics card', () => {
  expect(describeCapabilities({ adapter: 'google swiftshader', backends })[0]?.means).toBe('on the processor, slowly');
});

it('recommends https:// where http:// hides the graphics card', async () => {
  expect(gpuMessage(await detectGpu(undefined, false))).toContain('https://');
  expect(gpuMessage(await detectGpu(undefined, true))).toContain('WebGPU');
});
