import { expect, test } from 'vitest';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { upscaleReference } from '../compute/reference/upscale.ts';
import { psnrDb } from '../compute/test-pictures.ts';
import { flight, standing } from './game-sequences.ts';
import { GameView } from './game-view.ts';
import { flickerOf, lumaOf } from './luma.ts';

const SIZE = { width: 96, height: 54 };

function bicubic(small: PixelImage): PixelImage {
  const [width, height] = [2 * small.width, 2 * small.height];
  return { width, height, data: upscaleReference(small, { outWidth: width, outHeight: height, quality: 'bicubic' }) };
}

/** Mean difference of green between each pixel and where it was in the picture before. */
function meanChange(now: PixelImage, before: PixelImage, motion: Float32Array): number {
  let sum = 0;
  const { width, height } = now;
  for (let i = 0; i < width * height; i++) {
    const x = Math.round((i % width) - (motion[2 * i] ?? 0));
    const y = Math.round(Math.floor(i / width) - (motion[2 * i + 1] ?? 0));
    const at = Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1);
    sum += Math.abs((now.data[4 * i + 1] ?? 0) - (before.data[4 * at + 1] ?? 0));
  }
  return sum / (width * height);
}

test('the motion of a flight leads back to the same points', () => {
  const view = new GameView(SIZE);
  const before = view.jittered([0, 0]);
  for (let n = 0; n < 12; n++) view.fly();
  const now = view.jittered([0, 0]);
  view.dispose();
  expect(before.motion.every((step) => Math.abs(step) < 1e-3)).toBe(true);
  expect(Math.max(...now.motion.map(Math.abs))).toBeGreaterThan(2);
  const still = new Float32Array(now.motion.length);
  expect(meanChange(now.image, before.image, now.motion)).toBeLessThan(
    0.6 * meanChange(now.image, before.image, still),
  );
});

test('a temporal upscale of a flight is nearer to the truth than one frame is', async () => {
  const { small, truth, temporal } = await flight(SIZE, async () => {});
  expect([truth.width, truth.height]).toEqual([192, 108]);
  expect(psnrDb(temporal, truth)).toBeGreaterThan(psnrDb(bicubic(small), truth));
});

test('while the camera stands most of the truth does too, and so does what single frames are made into', () => {
  const frames = [...standing(SIZE, 4)];
  const truth = frames.map((each) => lumaOf(each.truth));
  expect(
    flickerOf(
      frames.map((each) => lumaOf(bicubic(each.small))),
      truth,
    ),
  ).toBeLessThan(1);
  expect(
    flickerOf(
      frames.map((each) => lumaOf(each.temporal)),
      truth,
    ),
  ).toBeGreaterThan(0);
});
