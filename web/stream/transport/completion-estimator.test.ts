import { beforeEach, expect, test } from 'vitest';
import { volunteerFrameStages } from '../frame-timing.ts';
import { CompletionEstimator } from './completion-estimator.ts';

const PREDICTED_MS = 30;

let estimator: CompletionEstimator;

beforeEach(() => {
  estimator = new CompletionEstimator(PREDICTED_MS);
});

/** Measures one frame: computed for `computeMs` after `queueMs` in the volunteer's queue; everything else takes 20 ms. */
function measure(computeMs: number, queueMs = 0): void {
  const volunteer = { queueMs, decodeMs: 2, computeMs, encodeMs: 3, totalMs: queueMs + computeMs + 5 };
  const totalMs = computeMs + queueMs + 20;
  const [capturedMs, encodeStartMs, sentMs] = [0, 0, 2];
  const moments = { capturedMs, encodeStartMs, sentMs, arrivedMs: totalMs - 2, decodedMs: totalMs - 1 };
  estimator.answered(volunteer);
  estimator.measured(
    volunteerFrameStages({ ...moments, presentedMs: totalMs, uplinkBytes: 1, downlinkBytes: 1, volunteer }),
    'spatial',
  );
}

test('the prediction holds until the first frame is measured', () => {
  expect([estimator.isMeasured, estimator.delayMs, estimator.expectMs(1_000)]).toEqual([false, 30, 1_030]);
  measure(40);
  expect([estimator.isMeasured, estimator.delayMs, estimator.serviceMs]).toEqual([true, 60, 40]);
  expect(estimator.quality).toBe('spatial');
});

test('a frame behind others is expected one service time after them', () => {
  measure(40);
  estimator.sent(1_000);
  expect(estimator.expectMs(1_000)).toBe(1_100);
  estimator.sent(1_000);
  expect(estimator.expectMs(1_000)).toBe(1_140);
  expect(estimator.expectMs(1_500)).toBe(1_560);
  estimator.left(1_140, 0);
  expect(estimator.expectMs(1_000)).toBe(1_060);
});

test('the expectation does not drift for a volunteer that is never idle and faster than measured', () => {
  measure(40);
  for (let nowMs = 0; nowMs < 1_000; nowMs += 20) {
    estimator.sent(nowMs);
    if (nowMs > 0) estimator.left(nowMs, 1);
  }
  expect(estimator.expectMs(1_000)).toBeLessThanOrEqual(1_000 + 60 + 40);
});

test('time in the queue counts for the delay but not for the next frame', () => {
  measure(40, 100);
  expect([estimator.delayMs, estimator.expectMs(0)]).toEqual([160, 60]);
});

test('a volunteer that never answers is as slow as its timeout', () => {
  estimator.timedOut(2_000);
  expect(estimator.delayMs).toBe(2_000);
});
