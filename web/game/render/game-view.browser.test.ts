import { expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { standing } from '../game-sequences.ts';
import { GameView } from './game-view.ts';
import { jitterOf, TemporalUpscale } from './temporal-upscale.ts';

const SIZE = { width: 96, height: 54 };

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

test('a temporal upscale that follows the motion is nearer to the truth than one that does not', () => {
  const view = new GameView(SIZE);
  const [following, unmoved] = [new TemporalUpscale(), new TemporalUpscale()];
  const still = new Float32Array(SIZE.width * SIZE.height * 2);
  let made = following.add(view.jittered(jitterOf(0)));
  let smeared = made;
  for (let n = 1; n < 16; n++) {
    view.fly();
    const frame = view.jittered(jitterOf(n));
    made = following.add(frame);
    smeared = unmoved.add({ ...frame, motion: still });
  }
  const truth = view.truth();
  view.dispose();
  expect([truth.width, truth.height]).toEqual([made.width, made.height]);
  const none = new Float32Array(truth.width * truth.height * 2);
  expect(meanChange(made, truth, none)).toBeLessThan(0.95 * meanChange(smeared, truth, none));
});

test('while the camera stands, most of the game does too', () => {
  const [first, ...others] = [...standing(SIZE, 3)].map(({ truth }) => truth.data);
  const still = first?.filter((value, i) => others.every((data) => Math.abs((data[i] ?? 0) - value) <= 1)) ?? [];
  expect(still.length / (first?.length ?? 0)).toBeGreaterThan(0.4);
  expect(still.length).toBeLessThan(first?.length ?? 0);
});
