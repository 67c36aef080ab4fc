import { expect, test } from 'vitest';
import { STREAM } from '../../shared/tuning.ts';
import type { SharpFrame } from './frames.ts';
import { SideMeters } from './side-meters.ts';
import { localFrameStages } from './stage-clock.ts';

function sharp(volunteerId: string | null, delayMs: number, isSharpened = true): SharpFrame {
  const stagesAt = (presentedMs: number) =>
    localFrameStages({
      capturedMs: presentedMs - delayMs,
      computeStartMs: presentedMs - delayMs,
      computedMs: presentedMs,
      presentedMs,
    });
  return { frameId: 0, purpose: 'show', isSharpened, volunteerId, stagesAt } as unknown as SharpFrame;
}

test('a volunteer is as fast as it promises until it is measured', () => {
  const meters = new SideMeters();
  meters.newVolunteer(30);
  expect(meters.volunteerForecast(60).delayMs).toBe(30);
  meters.measured(sharp('vera', 90), 1_000);
  expect(meters.volunteerForecast(60)).toEqual({ delayMs: 90, intervalMs: 90 });
});

test('a volunteer that never answers is not as fast as it promises', () => {
  const meters = new SideMeters();
  meters.newVolunteer(30);
  meters.timedOut();
  expect(meters.volunteerForecast(60).delayMs).toBe(STREAM.frameTimeoutMs);
});

test('what was passed through unsharpened says nothing of this machine', () => {
  const meters = new SideMeters();
  meters.measured(sharp(null, 1, false), 1_000);
  expect(meters.localForecast(60)).toBe(null);
  meters.measured(sharp(null, 12), 1_000);
  expect(meters.localForecast(60)?.delayMs).toBe(12);
});

test('another volunteer starts afresh', () => {
  const meters = new SideMeters();
  meters.newVolunteer(30);
  meters.measured(sharp('vera', 900), 1_000);
  meters.newVolunteer(20);
  expect(meters.volunteerDelayMs).toBe(null);
  expect(meters.volunteerForecast(60).delayMs).toBe(20);
});
