import { expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { STREAM } from '../tuning.ts';
import { KeyframeRequests } from './keyframe-requests.ts';

test('asks at once, then with doubling waits, and afresh once satisfied', () => {
  const clock = new ManualClock();
  const askedMs: number[] = [];
  const requests = new KeyframeRequests(
    () => askedMs.push(clock.now()),
    () => clock.now(),
  );
  const needFor = (durationMs: number) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      requests.need();
      clock.advance(10);
    }
  };
  needFor(16_000);
  const first = STREAM.keyframeRequestMs;
  expect(askedMs).toEqual([0, first, 3 * first, 7 * first, 15 * first, 23 * first, 31 * first]);

  requests.satisfied();
  needFor(20);
  expect(askedMs.at(-1)).toBe(16_000);
});
