import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/tasks/test-random.ts';
import { sharpnessOf } from './source-sharpness.ts';

const [WIDTH, HEIGHT] = [96, 64];

function picture(grey: (x: number, y: number) => number) {
  const data = new Uint8Array(WIDTH * HEIGHT * 4).fill(255);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) data.fill(Math.round(grey(x, y)), (y * WIDTH + x) * 4, (y * WIDTH + x) * 4 + 3);
  }
  return { width: WIDTH, height: HEIGHT, data };
}

/** Edges of this height that are so many pixels wide, far from each other. */
function edges(widthPx: number, height = 200) {
  return picture((x) => {
    const rising = Math.min(1, Math.max(0, ((x % 24) - 4) / widthPx));
    const falling = Math.min(1, Math.max(0, ((x % 24) - 16) / widthPx));
    return 20 + height * (rising - falling);
  });
}

test('an edge between two neighbours gives 1, and less the wider it is', () => {
  expect(sharpnessOf(edges(1))).toBeCloseTo(1);
  expect(sharpnessOf(edges(2))).toBeCloseTo(0.5);
  expect(sharpnessOf(edges(5))).toBeLessThan(0.4);
});

test('edges count alike whatever their height', () => {
  expect(sharpnessOf(edges(2, 60))).toBeCloseTo(sharpnessOf(edges(2)) ?? 0, 1);
});

test('noise and slow gradients do not make a picture look sharp or soft', () => {
  const random = seededRandom(1);
  const noisy = picture((x) => 20 + (x % 24 < 12 ? 0 : 200) + 8 * random());
  expect(sharpnessOf(noisy)).toBeGreaterThan(0.9);
  const shaded = picture((x, y) => (x % 24 < 12 ? 20 : 180) + y);
  expect(sharpnessOf(shaded)).toBeGreaterThan(0.95);
});

test('a picture without edges says nothing', () => {
  expect(sharpnessOf(picture(() => 90))).toBeNull();
  expect(sharpnessOf({ width: 1, height: 1, data: new Uint8Array(4) })).toBeNull();
});
