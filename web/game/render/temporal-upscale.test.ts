import { expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { type JitteredFrame, jitterOf, TemporalUpscale } from './temporal-upscale.ts';

const [WIDTH, HEIGHT] = [32, 20];
const SAMPLES = 6;

/** A scene of stripes and a disc that moves to the right, in pixels of the small picture. */
const greyAt = (x: number, y: number, shift: number) =>
  Math.hypot(x - shift - 15, y - 10) < 6.3 ? 220 : Math.sin(1.1 * (x - shift) + 0.7 * y) > 0 ? 150 : 60;

function picture(width: number, height: number, greyOf: (x: number, y: number) => number): PixelImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) if (i % 4 < 3) data[i] = greyOf((i >> 2) % width, Math.floor((i >> 2) / width));
  return { width, height, data };
}

/** @param speed - pixels a frame. */
function frameAt(n: number, speed: number): JitteredFrame {
  const jitter = jitterOf(n);
  const image = picture(WIDTH, HEIGHT, (x, y) => greyAt(x + 0.5 + jitter[0], y + 0.5 + jitter[1], n * speed));
  const motion = Float32Array.from({ length: WIDTH * HEIGHT * 2 }, (_, i) => (i % 2 === 0 ? speed : 0));
  const depth = new Float32Array(WIDTH * HEIGHT).fill(5);
  return { image, jitter, motion, depth, depthBefore: depth };
}

function truthAt(n: number, speed: number): PixelImage {
  return picture(2 * WIDTH, 2 * HEIGHT, (x, y) => {
    let sum = 0;
    for (let i = 0; i < SAMPLES ** 2; i++) {
      const [across, down] = [((i % SAMPLES) + 0.5) / SAMPLES, (Math.floor(i / SAMPLES) + 0.5) / SAMPLES];
      sum += greyAt((x + across) / 2, (y + down) / 2, n * speed);
    }
    return sum / SAMPLES ** 2;
  });
}

function meanSquaredError(a: PixelImage, b: PixelImage): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += ((a.data[i] ?? 0) - (b.data[i] ?? 0)) ** 2;
  return sum / a.data.length;
}

test.each([0, 0.35])('many jittered frames show more than one does, at %f pixels a frame', (speed) => {
  const temporal = new TemporalUpscale();
  let made: PixelImage = temporal.add(frameAt(0, speed));
  for (let n = 1; n < 24; n++) made = temporal.add(frameAt(n, speed));
  const truth = truthAt(23, speed);
  const alone = new TemporalUpscale().add(frameAt(23, speed));
  expect(meanSquaredError(made, truth)).toBeLessThan(0.8 * meanSquaredError(alone, truth));
});

test('what was hidden in the last frame is not taken from there', () => {
  const temporal = new TemporalUpscale();
  const grey = (value: number, depthM: number): JitteredFrame => {
    const depth = new Float32Array(WIDTH * HEIGHT).fill(depthM);
    const motion = new Float32Array(WIDTH * HEIGHT * 2);
    // Not flat: the history of a flat picture is clipped to its colour anyway.
    const image = picture(WIDTH, HEIGHT, (x) => value + (x % 2) * 60);
    return { image, jitter: [0, 0], motion, depth, depthBefore: depth };
  };
  const before = [...temporal.add(grey(120, 3)).data];
  const uncovered = [...temporal.add(grey(60, 30)).data];
  expect(uncovered).toEqual([...new TemporalUpscale().add(grey(60, 30)).data]);
  expect(uncovered).not.toEqual(before);
});

test('the samples of 32 frames fall into all parts of a pixel', () => {
  const quarters = Array.from({ length: 32 }, (_, n) => jitterOf(n)).map(
    ([x, y]) => `${Math.floor(x * 2)} ${Math.floor(y * 2)}`,
  );
  expect(new Set(quarters).size).toBe(4);
});
