import { expect, test } from 'vitest';
import { GOVERNOR } from '../tuning.ts';
import { FramePace } from './frame-pace.ts';

/** So many frames of a source of 60 a second, of which each `stride`th comes, one every `arrivalMs`. */
function paceOf(stride: number, arrivalMs: number, sourceMs = 1000 / 60): FramePace {
  const pace = new FramePace();
  for (let n = 0; n < 30; n++) pace.frame(n * stride, 5_000 + n * stride * sourceMs, n * arrivalMs);
  return pace;
}

test('before anything came it is as the stream was set up', () => {
  expect(new FramePace().budgetMs(60)).toBeCloseTo((GOVERNOR.share * 1000) / 60);
});

test('a source slower than its limit leaves more time, up to where a picture is too late', () => {
  expect(paceOf(1, 1000 / 30, 1000 / 30).budgetMs(60)).toBeCloseTo((GOVERNOR.share * 1000) / 30);
  expect(paceOf(1, 4_000, 4_000).budgetMs(60)).toBeCloseTo(GOVERNOR.share * GOVERNOR.longestIntervalMs);
});

test('one faster than its limit is held to the limit', () => {
  expect(paceOf(3, 1000 / 48, 1000 / 144).budgetMs(48)).toBeCloseTo((GOVERNOR.share * 1000) / 48);
});

test('where frames are shared or thinned out there is more time for each', () => {
  expect(paceOf(3, 50).budgetMs(60)).toBeCloseTo(GOVERNOR.sparseShare * 50);
});

test('a machine that is too slow has no more time for being so: it never keeps up', () => {
  for (const tookMs of [20, 30, 60, 90]) {
    const stride = Math.ceil(tookMs / (1000 / 60));
    expect(paceOf(stride, tookMs).budgetMs(60)).toBeLessThan(tookMs);
  }
});

test('the machine that draws the game has no more time when that makes the game slower', () => {
  const pace = new FramePace();
  let capturedMs = 0;
  for (let frameId = 0; frameId < 120; frameId++) {
    capturedMs += frameId < 60 ? 1000 / 60 : 1000 / 30;
    pace.frame(frameId, capturedMs, capturedMs);
  }
  expect(pace.localBudgetMs(60)).toBeCloseTo((GOVERNOR.localShare * 1000) / 60);
});
