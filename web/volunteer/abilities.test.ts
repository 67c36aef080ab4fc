import { expect, it } from 'vitest';
import { abilitiesOf } from './abilities.ts';

const backends = { echo: { backend: 'js', unitsPerMs: 1 }, upscale: { backend: 'wgsl', unitsPerMs: 600_000 } };

it('tells what a machine can do in words and megapixels, and leaves out what is no gift', () => {
  expect(abilitiesOf({ adapter: 'NVIDIA GeForce RTX 3060', backends })).toEqual([
    { name: 'Sharpening', means: 'on the graphics card', speed: '100 megapixels a second, 109 frames of 720p' },
  ]);
});

it('does not call a software adapter a graphics card', () => {
  expect(abilitiesOf({ adapter: 'google swiftshader', backends })[0]?.means).toBe('on the processor, slowly');
});
