import { expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { KEYFRAME_REQUEST_MS, KeyframeRequests } from './frame-decoder.ts';

test('a keyframe is requested at once, then after doubling waits, and at once again after one was decoded', () => {
  const clock = new ManualClock();
  const sentMs: number[] = [];
  const requests = new KeyframeRequests(
    () => sentMs.push(clock.now()),
    () => clock.now(),
  );
  const needFor = (durationMs: number) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      requests.need();
      clock.advance(10);
    }
  };
  needFor(16_000);
  const first = KEYFRAME_REQUEST_MS;
  expect(sentMs).toEqual([0, first, 3 * first, 7 * first, 15 * first, 23 * first, 31 * first]);

  requests.satisfied();
  needFor(20);
  expect(sentMs.at(-1)).toBe(16_000);
});
