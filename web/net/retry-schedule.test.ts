import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { LINK } from './link-environment.ts';
import { RETRY, RetrySchedule } from './retry-schedule.ts';

/** Time for a link to open once its path is back, ms. */
const OPENING_MS = 2_000;
/** In which a relay or a network that is back must be used, ms. */
const BACK_WITHIN_MS = 15_000;

/** Lets every attempt fail for so long. Returns the longest time from the start of one to the start of the next, ms. */
function longestGapMs(clock: ManualClock, schedule: RetrySchedule, forMs: number): number {
  let longestMs = 0;
  for (const untilMs = clock.now() + forMs; clock.now() < untilMs; ) {
    clock.advance(LINK.repeatTimeoutMs);
    const waitMs = schedule.failed();
    clock.advance(waitMs);
    longestMs = Math.max(longestMs, LINK.repeatTimeoutMs + waitMs);
  }
  return longestMs;
}

test('a path that was away for minutes is used within 15 s of its return, whenever that is', () => {
  const clock = new ManualClock();
  const schedule = new RetrySchedule(clock, () => 1);
  expect(longestGapMs(clock, schedule, RETRY.eagerMs) + OPENING_MS).toBeLessThanOrEqual(BACK_WITHIN_MS);
});

test('the first attempts follow at once, since most failures are a moment’s', () => {
  const schedule = new RetrySchedule(new ManualClock(), () => 0);
  expect(RETRY.firstDelaysMs.map(() => schedule.failed())).toEqual([...RETRY.firstDelaysMs]);
});

test('a link that failed for long is tried seldom, and often again when there is reason to hope', () => {
  const clock = new ManualClock();
  const schedule = new RetrySchedule(clock, () => 0);
  longestGapMs(clock, schedule, RETRY.eagerMs);
  expect(schedule.failed()).toBe(RETRY.slowDelayMs);
  schedule.restart();
  expect(schedule.failed()).toBe(RETRY.firstDelaysMs[0]);
});
