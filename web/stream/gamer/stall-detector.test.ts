import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { STREAM } from '../tuning.ts';
import { StallDetector } from './stall-detector.ts';

const INTERVAL_MS = 33;

let clock: ManualClock;
let gapsMs: number[];
let isMoving: boolean;
let watch: StallDetector;

beforeEach(() => {
  clock = new ManualClock(1_000);
  gapsMs = [];
  isMoving = true;
  watch = new StallDetector(clock, () => {
    if (isMoving) gapsMs.push(clock.now());
    return isMoving;
  });
});

/** Pictures at their usual time, with such a scatter. */
function pictures(count: number, scatterMs = 0): void {
  for (let nth = 0; nth < count; nth++) {
    clock.advance(INTERVAL_MS + (nth % 2 ? scatterMs : -scatterMs));
    watch.captured(10);
    watch.shown();
  }
}

test('a picture that does not come is noticed within its interval and fifty milliseconds', () => {
  pictures(50);
  const lastMs = clock.now();
  clock.advance(INTERVAL_MS + 50);
  expect(gapsMs).toHaveLength(1);
  expect(gapsMs[0]).toBeGreaterThan(lastMs + INTERVAL_MS);
});

test('usual scatter is no gap', () => {
  pictures(60, 4);
  expect(gapsMs).toEqual([]);
});

test('a source that stands still is no gap, sets no timer, and its next picture is awaited anew', () => {
  pictures(20);
  isMoving = false;
  clock.advance(60_000);
  expect([gapsMs, clock.pending]).toEqual([[], 0]);
  isMoving = true;
  watch.captured(100);
  clock.advance(100);
  expect(gapsMs).toEqual([]);
  clock.advance(STREAM.maxGapSlackMs);
  expect(gapsMs).toHaveLength(1);
});

test('nothing is left when it ends', () => {
  pictures(2);
  watch.dispose();
  expect(clock.pending).toBe(0);
});
