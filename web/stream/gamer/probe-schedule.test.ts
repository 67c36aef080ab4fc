import { expect, test } from 'vitest';
import { PROBE_FRAMES, PROBE_INTERVAL_MS, ProbeSchedule } from './probe-schedule.ts';

/** How many frames go to the other side during this many seconds at 60 fps. */
function probesDuring(seconds: number, otherDelayMs: number | null, schedule = new ProbeSchedule()): number {
  let count = 0;
  for (let frame = 0; frame < 60 * seconds; frame++) if (schedule.wants((1000 * frame) / 60, otherDelayMs)) count++;
  return count;
}

test('the other side is probed a few frames at a time', () => {
  expect(probesDuring(1, null)).toBe(PROBE_FRAMES);
  expect(probesDuring((2 * PROBE_INTERVAL_MS) / 1000, 10)).toBe(2 * PROBE_FRAMES);
});

test('a slow side is probed less often', () => {
  expect(probesDuring(30, 1_000)).toBe(PROBE_FRAMES);
});

test('a change starts a probe at once', () => {
  const schedule = new ProbeSchedule();
  probesDuring(1, 10, schedule);
  schedule.restart();
  expect(schedule.wants(1_000, 10)).toBe(true);
});
