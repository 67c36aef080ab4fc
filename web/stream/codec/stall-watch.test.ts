import { expect, test } from 'vitest';
import { StallWatch } from './stall-watch.ts';

const LIMITS = { startMs: 2_000, laterMs: 1_000 };

/** Asks every 100 ms; returns when it is found to stand still. */
function standsStillAt(watch: StallWatch, untilMs = 10_000): number | null {
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 100) if (watch.isStalled(nowMs)) return nowMs;
  return null;
}

function holding(frames: number): StallWatch {
  const watch = new StallWatch(LIMITS);
  for (let frame = 0; frame < frames; frame++) watch.frameIn();
  return watch;
}

test('what has given nothing out yet stands still after the longer time, later after the shorter one', () => {
  expect(standsStillAt(holding(3))).toBe(LIMITS.startMs);
  const watch = holding(1);
  watch.frameOut(0);
  watch.frameIn();
  watch.frameIn();
  expect(standsStillAt(watch)).toBe(LIMITS.laterMs);
});

test('each frame that comes out starts the time anew', () => {
  const watch = holding(3);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    expect(watch.isStalled(nowMs)).toBe(false);
    if (nowMs % 900 === 0) watch.frameOut(2);
  }
});

test('a single frame may take any time, and without frames nothing stands still', () => {
  expect([standsStillAt(holding(0)), standsStillAt(holding(1))]).toEqual([null, null]);
});

test('the time in which a page was frozen does not count', () => {
  const watch = holding(3);
  expect([0, 3_600_000, 7_200_000].map((nowMs) => watch.isStalled(nowMs))).toEqual([false, false, false]);
});
