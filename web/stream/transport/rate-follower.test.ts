import { expect, test } from 'vitest';
import { STREAM } from '../tuning.ts';
import { RateFollower } from './rate-follower.ts';

/** Frames at this rate for a while; how often the encoder would be told. */
function run(follower: RateFollower, fps: number, seconds: number, startUs = 0): number {
  let told = 0;
  for (let frame = 0; frame < fps * seconds; frame++) if (follower.frame(startUs + (frame * 1e6) / fps)) told++;
  return told;
}

test('frames that come as promised change nothing', () => {
  const follower = new RateFollower(60);
  expect(run(follower, 60, 2)).toBe(0);
  expect(follower.fps).toBe(60);
});

test('a slow volunteer gets what its few frames may cost, in a few steps', () => {
  const follower = new RateFollower(60);
  const told = run(follower, 20, 3);
  expect(follower.fps).toBeGreaterThan(20 / 1.4);
  expect(follower.fps).toBeLessThan(20 * 1.4);
  expect(told).toBeLessThan(5);
});

test('a frame may never take more of the bitrate than a live picture can wait for', () => {
  const follower = new RateFollower(60);
  run(follower, 1, 20);
  expect(follower.fps).toBe(STREAM.minEncoderFps);
});

test('it comes back up when frames do, and never above what the stream was set up for', () => {
  const follower = new RateFollower(60);
  run(follower, 12, 3);
  run(follower, 200, 3, 4e6);
  expect(follower.fps).toBe(60);
  follower.maxFps = 30;
  expect(follower.fps).toBe(30);
});
