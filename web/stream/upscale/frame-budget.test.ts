import { expect, test } from 'vitest';
import { FrameBudget, LOCAL_SHARE, LONGEST_INTERVAL_MS, SOURCE_SHARE, SPARSE_SHARE } from './frame-budget.ts';

/** 30 frames of a source of 60 fps of which each `stride`th is received, one every `arrivalMs`. */
function budgetOf(stride: number, arrivalMs: number, sourceMs = 1000 / 60): FrameBudget {
  const budget = new FrameBudget();
  for (let n = 0; n < 30; n++) budget.frame(n * stride, 5_000 + n * stride * sourceMs, n * arrivalMs);
  return budget;
}

test('before frames arrive the configured rate decides', () => {
  expect(new FrameBudget().volunteerMs(60)).toBeCloseTo((SOURCE_SHARE * 1000) / 60);
});

test('a source slower than its limit leaves more time, up to the longest interval', () => {
  expect(budgetOf(1, 1000 / 30, 1000 / 30).volunteerMs(60)).toBeCloseTo((SOURCE_SHARE * 1000) / 30);
  expect(budgetOf(1, 4_000, 4_000).volunteerMs(60)).toBeCloseTo(SOURCE_SHARE * LONGEST_INTERVAL_MS);
});

test('for a source faster than its limit the limit decides', () => {
  expect(budgetOf(3, 1000 / 48, 1000 / 144).volunteerMs(48)).toBeCloseTo((SOURCE_SHARE * 1000) / 48);
});

test('where frames are shared or skipped each may take longer', () => {
  expect(budgetOf(3, 50).volunteerMs(60)).toBeCloseTo(SPARSE_SHARE * 50);
});

test('a machine that is too slow gets no larger budget for being slow', () => {
  for (const tookMs of [20, 30, 60, 90]) {
    const stride = Math.ceil(tookMs / (1000 / 60));
    expect(budgetOf(stride, tookMs).volunteerMs(60)).toBeLessThan(tookMs);
  }
});

test('the local budget does not grow when upscaling slows the game down', () => {
  const budget = new FrameBudget();
  let capturedMs = 0;
  for (let frameId = 0; frameId < 120; frameId++) {
    capturedMs += frameId < 60 ? 1000 / 60 : 1000 / 30;
    budget.frame(frameId, capturedMs, capturedMs);
  }
  expect(budget.localMs(60)).toBeCloseTo((LOCAL_SHARE * 1000) / 60);
});

test('fewer than ten pictures a second are not worth it, unless the source gives no more or is slowed down by them', () => {
  expect(new FrameBudget().localPassthroughAboveMs).toBe(Number.POSITIVE_INFINITY);
  expect(budgetOf(1, 1000 / 60).localPassthroughAboveMs).toBe(LONGEST_INTERVAL_MS);
  expect(budgetOf(1, 500, 500).localPassthroughAboveMs).toBe(500);
  const budget = new FrameBudget();
  let capturedMs = 0;
  for (let frameId = 0; frameId < 120; frameId++) {
    capturedMs += frameId < 60 ? 1000 / 60 : 400;
    budget.frame(frameId, capturedMs, capturedMs);
  }
  expect(budget.localPassthroughAboveMs).toBe(LONGEST_INTERVAL_MS);
});
