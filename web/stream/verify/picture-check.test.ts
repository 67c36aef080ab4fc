// Pictures are told apart by their content, never by how they were encoded or how bright a browser rendered them.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { MIN_SIMILARITY, similarity, THUMBNAIL_SIZE, type Thumbnail } from './picture-check.ts';

const { width: WIDTH, height: HEIGHT } = THUMBNAIL_SIZE;

/** Smooth shapes, moved to the left by `moved` cells. */
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

/** Normally distributed with variance 1 (central limit theorem). */
function noise(random: () => number): number {
  return Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
}

test('a picture is similar to itself in another value range, with noise, and blurred', () => {
  const random = seededRandom(2);
  const now = scene();
  expect(similarity(now, now)).toBeCloseTo(1);
  expect(
    similarity(
      now,
      now.map((value) => 16 + (value * 219) / 255),
    ),
  ).toBeCloseTo(1);
  expect(
    similarity(
      now,
      now.map((value) => value + 3 * noise(random)),
    ),
  ).toBeGreaterThan(0.8);
  const blurred = cells((x, y) => ((now[y * WIDTH + x] ?? 0) + (now[y * WIDTH + Math.min(WIDTH - 1, x + 1)] ?? 0)) / 2);
  expect(similarity(now, blurred)).toBeGreaterThan(0.8);
});

test('another moment, another scene, noise and a black picture are not similar', () => {
  const random = seededRandom(3);
  const now = scene();
  const others = [scene(3), scene(0, 9), cells(() => 128 + 40 * noise(random)), cells(() => 0)];
  for (const other of others) expect(similarity(now, other)).toBeLessThan(MIN_SIMILARITY);
});

test('an even picture cannot be judged, unless the other one has strong contrast', () => {
  const random = seededRandom(4);
  const fog = cells((x) => 90 + x / 8);
  expect(
    similarity(
      fog,
      fog.map((value) => value + noise(random)),
    ),
  ).toBe(null);
  expect(
    similarity(
      fog,
      cells(() => 0),
    ),
  ).toBe(null);
  expect(
    similarity(
      fog,
      scene().map((value) => 4 * value),
    ),
  ).toBe(0);
});
