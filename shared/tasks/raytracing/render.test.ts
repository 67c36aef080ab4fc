import { describe, expect, test } from 'vitest';
import type { Vec3 } from '../packing.ts';
import { type RaytracingInput, raytracing } from '../raytracing.ts';
import { render, sampleOffset, toSrgb8 } from './render.ts';
import { readScene } from './scene.ts';
import { busyScene, GREY, painted, paintedBytes, pixelOf, sliverScene, VIEW } from './test-scenes.ts';
import { SHADING } from './tracer.ts';

const paint = (input: Partial<RaytracingInput>) =>
  painted(raytracing.pack({ ...VIEW, objects: [], lights: [], ...input }));
const grey = (linear: number) => [toSrgb8(linear), toSrgb8(linear), toSrgb8(linear), 255];
const HEADLIGHT = { position: [0, 0, 5] as Vec3, color: [1, 1, 1] as Vec3 };
const SPHERE = { type: 'sphere' as const, center: [0, 0, 0] as Vec3, radius: 1, material: GREY };

/** Direction of the ray through the centre of a pixel of {@link VIEW}. */
function directionTo(x: number, y: number): Vec3 {
  const half = Math.tan(Math.PI / 8);
  const [dx, dy] = [half * ((x + 0.5) / 16.5 - 1), half * (1 - (y + 0.5) / 16.5)];
  const length = Math.hypot(dx, dy, 1);
  return [dx / length, dy / length, -1 / length];
}

test('sRGB conversion matches the standard', () => {
  expect([0, 0.0031308, 0.2140411, 0.5, 1, 7, -1].map(toSrgb8)).toEqual([0, 10, 127, 188, 255, 255, 0]);
});

describe('a sphere', () => {
  const lit = paint({ objects: [SPHERE], lights: [HEADLIGHT], background: [0, 0, 1] });

  test('lit from the front: 5 % ambient and all of the light at its centre', () => {
    expect(pixelOf(lit, 16, 16)).toEqual(grey(0.5 * 1.05));
  });

  test.each([
    [16, 11],
    [12, 18],
    [20, 20],
    [9, 16],
  ])("at %i,%i by Lambert's law", (x, y) => {
    const [dx, dy, dz] = directionTo(x, y);
    // |(0, 0, 5) + t d| = 1.
    const t = -5 * dz - Math.sqrt(25 * dz * dz - 24);
    const normal = [t * dx, t * dy, 5 + t * dz];
    const slope = -(dx * (normal[0] ?? 0) + dy * (normal[1] ?? 0) + dz * (normal[2] ?? 0));
    expect(pixelOf(lit, x, y)[0]).toBeCloseTo(toSrgb8(0.5 * (0.05 + slope)), -0.3);
  });

  test('has the background beside it', () => {
    expect(pixelOf(lit, 0, 0)).toEqual([0, 0, 255, 255]);
    // Its edge appears asin(1 / 5) from the centre: 8.1 pixels.
    expect(pixelOf(lit, 16, 24)).not.toEqual([0, 0, 255, 255]);
    expect(pixelOf(lit, 16, 25)).toEqual([0, 0, 255, 255]);
  });

  test('shows its inner side from inside', () => {
    const inside = { ...SPHERE, radius: 10 };
    expect(pixelOf(paint({ objects: [inside], lights: [HEADLIGHT] }), 16, 16)).toEqual(grey(0.5 * 1.05));
  });
});

describe('a plane', () => {
  const floor = { type: 'plane' as const, point: [0, -1, 0] as Vec3, normal: [0, 3, 0] as Vec3, material: GREY };
  const light = { position: [2, 3, 1] as Vec3, color: [0.9, 0.9, 0.9] as Vec3 };

  test.each([
    [16, 20],
    [3, 24],
    [30, 32],
  ])("at %i,%i by Lambert's law, and no falloff", (x, y) => {
    const [dx, dy, dz] = directionTo(x, y);
    const t = -1 / dy;
    const away = Math.hypot(2 - t * dx, 4, 1 - 5 - t * dz);
    const expected = toSrgb8(0.5 * (0.05 + 0.9 * (4 / away)));
    expect(pixelOf(paint({ objects: [floor], lights: [light] }), x, y)[0]).toBeCloseTo(expected, -0.3);
  });

  test('is never above the horizon, whichever way its normal points', () => {
    const down = { ...floor, normal: [0, -1, 0] as Vec3 };
    for (const plane of [floor, down]) {
      const picture = paint({ objects: [plane], lights: [light] });
      expect(pixelOf(picture, 16, 15)).toEqual([0, 0, 0, 255]);
      expect(pixelOf(picture, 16, 30)[0]).toBeGreaterThan(100);
    }
  });

  test('has only ambient light in a shadow, and full light beyond it', () => {
    const over = { position: [0, 9, 0] as Vec3, color: [1, 1, 1] as Vec3 };
    const ball = { ...SPHERE, center: [0, 3, 0] as Vec3, radius: 0.5 };
    const picture = paint({ objects: [floor, ball], lights: [over] });
    // The ray that hits the floor below the ball goes 1 down over 5 ahead.
    const row = Math.round(16 + (16.5 * 0.2) / Math.tan(Math.PI / 8));
    expect(pixelOf(picture, 16, row)).toEqual(grey(0.5 * 0.05));
    expect(pixelOf(picture, 0, row)[0]).toBeGreaterThan(toSrgb8(0.2));
  });

  test('with full reflectivity shows only the reflection; with half, half of it', () => {
    const sky = [0.2, 0.4, 0.8] as Vec3;
    const mirror = (reflectivity: number) =>
      paint({ objects: [{ ...floor, material: { ...GREY, reflectivity } }], background: sky });
    expect(pixelOf(mirror(1), 16, 30)).toEqual([...sky.map(toSrgb8), 255]);
    const half = sky.map((value) => toSrgb8(0.5 * 0.5 * 0.05 + 0.5 * value));
    expect(pixelOf(mirror(0.5), 16, 30)).toEqual([...half, 255]);
  });

  test('a ray between two mirrors terminates', () => {
    const wall = (z: number) => ({ ...floor, point: [0, 0, z] as Vec3, normal: [0, 0, 1] as Vec3 });
    const mirrors = [wall(-3), wall(8)].map((it) => ({ ...it, material: { ...GREY, reflectivity: 1 } }));
    expect(pixelOf(paint({ objects: mirrors }), 16, 16)).toEqual(grey(0.5 * SHADING.ambient));
  });
});

test('a mesh is visible from both sides and hides what is behind it', () => {
  const quad = (indices: number[]) => ({
    type: 'mesh' as const,
    positions: Float32Array.of(-9, -9, 1, 9, -9, 1, 9, 9, 1, -9, 9, 1),
    indices: Uint32Array.from(indices),
    material: GREY,
  });
  for (const indices of [
    [0, 1, 2, 0, 2, 3],
    [2, 1, 0, 3, 2, 0],
  ]) {
    const picture = paint({ objects: [quad(indices), SPHERE], lights: [HEADLIGHT] });
    expect(pixelOf(picture, 16, 16)).toEqual(grey(0.5 * 1.05));
    expect(pixelOf(picture, 0, 0)[0]).toBeGreaterThan(toSrgb8(0.4));
  }
});

test('y is up and x is right; looking straight down, z is up', () => {
  const ball = (center: Vec3) => ({ ...SPHERE, center, radius: 0.3, material: { color: [1, 1, 1] as Vec3 } });
  const up = paint({ objects: [ball([0, 1.5, 0])], lights: [HEADLIGHT] });
  expect([pixelOf(up, 16, 4)[0] ?? 0, pixelOf(up, 16, 28)[0]]).toEqual([expect.toSatisfy((it) => it > 100), 0]);
  const right = paint({ objects: [ball([1.5, 0, 0])], lights: [HEADLIGHT] });
  expect([pixelOf(right, 28, 16)[0] ?? 0, pixelOf(right, 4, 16)[0]]).toEqual([expect.toSatisfy((it) => it > 100), 0]);
  const camera = { position: [0, 5, 0] as Vec3, target: [0, 0, 0] as Vec3, fovDeg: 45 };
  const below = paint({ camera, objects: [ball([0, 0, 1.5])], lights: [{ ...HEADLIGHT, position: [0, 5, 0] }] });
  expect(pixelOf(below, 16, 4)[0]).toBeGreaterThan(100);
});

test('a picture rendered in tiles equals one rendered at once', () => {
  const task = raytracing.pack(busyScene());
  const whole = paintedBytes(task);
  for (const parts of [1, 2, 3, 4, 6]) {
    const split = raytracing.split?.(task, parts);
    expect(split?.tasks.length).toBeGreaterThan(parts / 2);
    expect(split?.merge(split.tasks.map(paintedBytes))).toEqual(whole);
  }
});

test('rendering pauses by the work that it does, within a pixel too', () => {
  const pauses = (samplesPerPixel: number) => {
    const { params, attachments } = raytracing.pack(sliverScene(2_000, { width: 1, height: 1, samplesPerPixel }));
    const steps = render(readScene(attachments), params);
    let count = 0;
    while (!steps.next().done) count++;
    return count;
  };
  // Each sample tests 2,000 triangles with eighteen rays.
  expect(pauses(33) - pauses(1)).toBe(32);
});

test('a picture of which one sample is too much work is given up with a sentence, before that sample is done', () => {
  const { params, attachments } = raytracing.pack(sliverScene(32 * 1024));
  const steps = render(readScene(attachments), params);
  expect(() => {
    while (!steps.next().done);
  }).toThrow(expect.objectContaining({ reason: 'too-large', message: expect.stringMatching(/ tests of rays .+\.$/) }));
});

test('more samples approach the mean; another seed gives different noise, the same seed the same', () => {
  const mean = (samplesPerPixel: number, seed: number) =>
    painted(raytracing.pack(busyScene({ samplesPerPixel, seed })));
  const distance = (a: { image: { data: Uint8ClampedArray } }, b: { image: { data: Uint8ClampedArray } }) =>
    Math.sqrt(a.image.data.reduce((sum, value, i) => sum + (value - (b.image.data[i] ?? 0)) ** 2, 0));
  const true64 = mean(64, 7);
  expect(distance(mean(4, 1), mean(4, 1))).toBe(0);
  expect(distance(mean(4, 1), mean(4, 2))).toBeGreaterThan(0);
  expect(distance(mean(16, 1), true64)).toBeLessThan(0.8 * distance(mean(2, 1), true64));
});

test('sample positions depend only on their inputs and fill the pixel evenly', () => {
  const out = new Float64Array(2);
  const cells = new Uint32Array(64);
  let sum = 0;
  for (let i = 0; i < 16_384; i++) {
    sampleOffset(i % 128, i >> 7, 3, 42, out);
    const [x = 0, y = 0] = out;
    expect(x >= 0 && x < 1 && y >= 0 && y < 1).toBe(true);
    const cell = Math.floor(x * 8) * 8 + Math.floor(y * 8);
    cells[cell] = (cells[cell] ?? 0) + 1;
    sum += x * y;
  }
  // 256 are expected in each cell; the tolerance is five standard deviations.
  expect(Math.min(...cells)).toBeGreaterThan(176);
  expect(Math.max(...cells)).toBeLessThan(336);
  expect(sum / 16_384).toBeCloseTo(0.25, 2);
  const again = new Float64Array(2);
  sampleOffset(127, 127, 3, 42, again);
  expect(again).toEqual(out);
});

test('each of the four inputs matters', () => {
  const offsets = [
    [1, 2, 3, 4],
    [2, 2, 3, 4],
    [1, 3, 3, 4],
    [1, 2, 4, 4],
    [1, 2, 3, 5],
  ].map(([x = 0, y = 0, sample = 0, seed = 0]) => {
    const out = new Float64Array(2);
    sampleOffset(x, y, sample, seed, out);
    return out.join();
  });
  expect(new Set(offsets).size).toBe(5);
});
