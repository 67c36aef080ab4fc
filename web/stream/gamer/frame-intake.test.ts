import { expect, test } from 'vitest';
import { FrameRateCap } from './frame-intake.ts';

/** How many frames of one second of a source are admitted. */
function admitted(cap: FrameRateCap, sourceFps: number, jitterMs = 0): number {
  let count = 0;
  for (let frame = 0; frame < sourceFps; frame++) {
    const atMs = (1000 * frame) / sourceFps + (frame % 2 ? jitterMs : 0);
    if (cap.admits(atMs)) count++;
  }
  return count;
}

test.each([
  [60, 144, 60],
  [60, 120, 60],
  [60, 90, 60],
  [30, 60, 30],
  [60, 30, 30],
])('a cap of %i frames/s admits a source of %i frames/s at %i frames/s', (cap, source, expected) => {
  expect(Math.abs(admitted(new FrameRateCap(cap), source) - expected)).toBeLessThanOrEqual(1);
});

test('a source at the cap loses no frame to its jitter', () => {
  expect(admitted(new FrameRateCap(60), 60, 6)).toBe(60);
});

test('frames are not admitted in a burst after a pause', () => {
  const cap = new FrameRateCap(10);
  cap.admits(0);
  expect([10_000, 10_020, 10_040, 10_090].map((atMs) => cap.admits(atMs))).toEqual([true, false, false, true]);
});
