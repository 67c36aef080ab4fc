// Protects: what is told apart is what pictures show, never how they were coded, or how bright a browser made them.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/tasks/test-random.ts';
import { STREAM } from '../tuning.ts';
import { likeness } from './likeness.ts';
import type { Thumbnail } from './thumbnail.ts';

const { width: WIDTH, height: HEIGHT } = STREAM.thumbnail;

/** Smooth shapes, moved to the left by so many cells. */
function scene(moved = 0, seed = 1): Thumbnail {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 12 }, () => [random() + 0.2, random() - 0.5, 6 * random()] as const);
  return cells(
    (x, y) => 128 + waves.reduce((sum, [fx, fy, at]) => sum + 12 * Math.sin(fx * (x + moved) + fy * y + at), 0),
  );
}

function cells(brightness: (x: number, y: number) => number): Thumbnail {
  return Float32Array.from({ length: WIDTH * HEIGHT }, (_, cell) => brightness(cell % WIDTH, Math.floor(cell / WIDTH)));
}

/** Normally distributed, by the central limit. */
function noise(random: () => number): number {
  return Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
}

test('the same picture is alike in another range of values, with noise, and when blurred', () => {
  const random = seededRandom(2);
  const now = scene();
  expect(likeness(now, now)).toBeCloseTo(1);
  expect(
    likeness(
      now,
      now.map((value) => 16 + (value * 219) / 255),
    ),
  ).toBeCloseTo(1);
  expect(
    likeness(
      now,
      now.map((value) => value + 3 * noise(random)),
    ),
  ).toBeGreaterThan(0.8);
  const blurred = cells((x, y) => ((now[y * WIDTH + x] ?? 0) + (now[y * WIDTH + Math.min(WIDTH - 1, x + 1)] ?? 0)) / 2);
  expect(likeness(now, blurred)).toBeGreaterThan(0.8);
});

test('another moment, another scene, noise and a black picture are not', () => {
  const random = seededRandom(3);
  const now = scene();
  const others = [scene(3), scene(0, 9), cells(() => 128 + 40 * noise(random)), cells(() => 0)];
  for (const other of others) expect(likeness(now, other)).toBeLessThan(STREAM.leastLikeness);
});

test('of an even picture nobody can tell, but that another one is not even', () => {
  const random = seededRandom(4);
  const fog = cells((x) => 90 + x / 8);
  expect(
    likeness(
      fog,
      fog.map((value) => value + noise(random)),
    ),
  ).toBe(null);
  expect(
    likeness(
      fog,
      cells(() => 0),
    ),
  ).toBe(null);
  expect(
    likeness(
      fog,
      scene().map((value) => 4 * value),
    ),
  ).toBe(0);
});
