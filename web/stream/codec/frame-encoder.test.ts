import { expect, test } from 'vitest';
import { FrameRateEstimator, MIN_ENCODER_FPS } from './frame-encoder.ts';

/** Adds frames at this rate; returns how often the encoder would be reconfigured. */
function run(estimator: FrameRateEstimator, fps: number, seconds: number, startUs = 0): number {
  let changes = 0;
  for (let frame = 0; frame < fps * seconds; frame++) if (estimator.addFrame(startUs + (frame * 1e6) / fps)) changes++;
  return changes;
}

test('frames at the configured rate change nothing', () => {
  const estimator = new FrameRateEstimator(60);
  expect(run(estimator, 60, 2)).toBe(0);
  expect(estimator.fps).toBe(60);
});

test('a lower frame rate is followed in a few steps, so that each frame gets its share of the bitrate', () => {
  const estimator = new FrameRateEstimator(60);
  const changes = run(estimator, 20, 3);
  expect(estimator.fps).toBeGreaterThan(20 / 1.4);
  expect(estimator.fps).toBeLessThan(20 * 1.4);
  expect(changes).toBeLessThan(5);
});

test('the rate never falls below the minimum, so that a frame is never too large for a live stream', () => {
  const estimator = new FrameRateEstimator(60);
  run(estimator, 1, 20);
  expect(estimator.fps).toBe(MIN_ENCODER_FPS);
});

test('the rate recovers with the frames, up to the configured maximum', () => {
  const estimator = new FrameRateEstimator(60);
  run(estimator, 12, 3);
  run(estimator, 200, 3, 4e6);
  expect(estimator.fps).toBe(60);
  estimator.maxFps = 30;
  expect(estimator.fps).toBe(30);
});

test('timestamps that jump to and fro have the encoder set up anew at every sixth frame at most', () => {
  const estimator = new FrameRateEstimator(60);
  let changes = 0;
  let timestampUs = 0;
  for (let frame = 0; frame < 600; frame++) {
    timestampUs += frame % 8 === 0 ? 1e6 : 1_000;
    if (estimator.addFrame(timestampUs)) changes++;
  }
  expect(changes).toBeGreaterThan(10);
  expect(changes).toBeLessThanOrEqual(100);
});
