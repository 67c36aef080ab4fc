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

test('neighbours that have nothing to do with each other give 3', () => {
  const random = seededRandom(1);
  expect(sharpnessOf(picture(() => 255 * random()))).toBeCloseTo(3, 0);
});

test('a single edge gives 2, and less the wider it is', () => {
  const edge = (widthPx: number) => picture((x) => 255 * Math.min(1, Math.max(0, (x - 40) / widthPx)));
  expect(sharpnessOf(edge(1))).toBeCloseTo(2);
  expect(sharpnessOf(edge(4))).toBeCloseTo(0.5);
});

test('a picture without edges says nothing', () => {
  expect(sharpnessOf(picture(() => 90))).toBeNull();
});
