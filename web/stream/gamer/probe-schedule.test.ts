import { expect, test } from 'vitest';
import { STREAM } from '../tuning.ts';
import { ProbeSchedule } from './probe-schedule.ts';

/** Trial frames among frames at 60 fps during so many seconds. */
function trialsDuring(seconds: number, otherDelayMs: number | null, trials = new ProbeSchedule()): number {
  let count = 0;
  for (let frame = 0; frame < 60 * seconds; frame++) if (trials.wants((1000 * frame) / 60, otherDelayMs)) count++;
  return count;
}

test('the other side is tried a few frames at a time', () => {
  expect(trialsDuring(1, null)).toBe(STREAM.trialFrames);
  expect(trialsDuring((2 * STREAM.trialIntervalMs) / 1000, 10)).toBe(2 * STREAM.trialFrames);
});

test('a slow side is tried less often', () => {
  expect(trialsDuring(30, 1_000)).toBe(STREAM.trialFrames);
});

test('a change starts a trial at once', () => {
  const trials = new ProbeSchedule();
  trialsDuring(1, 10, trials);
  trials.restart();
  expect(trials.wants(1_000, 10)).toBe(true);
});
