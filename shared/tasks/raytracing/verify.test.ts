import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish, type Steps } from '../definition.ts';
import { type RaytracingResult, raytracing } from '../raytracing.ts';
import { Renderer, toSrgb8 } from './render.ts';
import { readScene } from './scene.ts';
import { busyScene, painted } from './test-scenes.ts';
import { Tracer } from './tracer.ts';

const task = raytracing.pack(busyScene());
const honest = painted(task);

function verify(result: RaytracingResult, seed: number): void {
  finish(raytracing.verify(task, result, seededRandom(seed)) as Steps<void>);
}

function changed(change: (value: number, at: number) => number): RaytracingResult {
  const { width, height, data } = honest.image;
  return { image: { width, height, data: data.map((value, at) => (at % 4 === 3 ? value : change(value, at))) } };
}

/** Rounds to the 11 significant bits of half precision. */
function half(value: number): number {
  if (value === 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return Math.round(value / step) * step;
}

/** Another vendor's GPU: all rays slightly shifted, samples summed in reverse order in half precision. */
function paintedElsewhere(): RaytracingResult {
  const { width, height } = honest.image;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const renderer = new Renderer(task.params, finish(Tracer.make(readScene(task.attachments))));
  const { samplesPerPixel } = task.params;
  for (let at = 0; at < width * height; at++) {
    const sum = [0, 0, 0];
    for (let sample = samplesPerPixel - 1; sample >= 0; sample--) {
      renderer.sample(at % width, Math.trunc(at / width), sample, 5e-3, -5e-3);
      for (let i = 0; i < 3; i++) sum[i] = half((sum[i] ?? 0) + half(renderer.color[i] ?? 0));
    }
    data.set(
      sum.map((value) => toSrgb8(half(value / samplesPerPixel))),
      at * 4,
    );
  }
  return { image: { width, height, data } };
}

test('a correct picture is accepted, whichever pixels are checked', () => {
  for (let seed = 0; seed < 60; seed++) verify(honest, seed);
});

test('a machine with other precision is accepted, including at edges', () => {
  const elsewhere = paintedElsewhere();
  const differing = elsewhere.image.data.filter((value, i) => Math.abs(value - (honest.image.data[i] ?? 0)) > 3);
  // Its picture differs enough that a plain comparison would refuse it.
  expect(differing.length).toBeGreaterThan(20);
  for (let seed = 0; seed < 60; seed++) verify(elsewhere, seed);
});

describe('refused, whichever pixels are checked:', () => {
  const refused = (result: RaytracingResult) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(() => verify(result, seed)).toThrow(expect.objectContaining({ reason: 'verify-failed' }));
    }
  };
  const random = seededRandom(1);

  test('black', () => refused(changed(() => 0)));
  test('plausible noise', () => refused(changed((value) => value + (random() < 0.5 ? 12 : -12))));
  test('a slightly darker picture', () => refused(changed((value) => value - 8)));
  test('a stale frame', () => {
    const { camera } = task.params;
    const earlier = { ...camera, position: [0.3, 0.2, 5] as [number, number, number] };
    refused(painted({ ...task, params: { ...task.params, camera: earlier } }));
  });
  test('another tile', () =>
    refused(changed((_, at) => honest.image.data[(at + 48 * 4) % honest.image.data.length] ?? 0)));
  test('a quarter of made-up pixels', () => refused(changed((value, at) => (at < 96 * 16 * 4 ? 128 : value))));
});
