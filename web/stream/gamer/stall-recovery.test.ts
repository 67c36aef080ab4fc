import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { MAX_SLACK_MS, StallDetector } from './stall-recovery.ts';

const INTERVAL_MS = 33;

let clock: ManualClock;
let stallsMs: number[];
let isMoving: boolean;
let detector: StallDetector;

beforeEach(() => {
  clock = new ManualClock(1_000);
  stallsMs = [];
  isMoving = true;
  detector = new StallDetector(clock, () => {
    if (isMoving) stallsMs.push(clock.now());
    return isMoving;
  });
});

/** Shows frames at their usual time, give or take `scatterMs`. */
function showFrames(count: number, scatterMs = 0): void {
  for (let nth = 0; nth < count; nth++) {
    clock.advance(INTERVAL_MS + (nth % 2 ? scatterMs : -scatterMs));
    detector.onCaptured(10);
    detector.onShown();
  }
}

test('a missing frame is noticed within the usual interval and 50 ms', () => {
  showFrames(50);
  const lastMs = clock.now();
  clock.advance(INTERVAL_MS + 50);
  expect(stallsMs).toHaveLength(1);
  expect(stallsMs[0]).toBeGreaterThan(lastMs + INTERVAL_MS);
});

test('usual scatter is not a stall', () => {
  showFrames(60, 4);
  expect(stallsMs).toEqual([]);
});

test('a still source is not a stall and sets no timer; its next frame is awaited anew', () => {
  showFrames(20);
  isMoving = false;
  clock.advance(60_000);
  expect([stallsMs, clock.pending]).toEqual([[], 0]);
  isMoving = true;
  detector.onCaptured(100);
  clock.advance(100);
  expect(stallsMs).toEqual([]);
  clock.advance(MAX_SLACK_MS);
  expect(stallsMs).toHaveLength(1);
});

test('dispose cancels the timer', () => {
  showFrames(2);
  detector.dispose();
  expect(clock.pending).toBe(0);
});
