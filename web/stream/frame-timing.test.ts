import { expect, test } from 'vitest';
import {
  localFrameStages,
  STAGES,
  summarize,
  totalMs,
  type VolunteerFrameMoments,
  volunteerFrameStages,
} from './frame-timing.ts';

const moments: VolunteerFrameMoments = {
  capturedMs: 100,
  encodeStartMs: 101,
  sentMs: 104,
  arrivedMs: 134,
  decodedMs: 136,
  presentedMs: 137,
  uplinkBytes: 1_000,
  downlinkBytes: 3_000,
  volunteer: { queueMs: 1, decodeMs: 2, computeMs: 10, encodeMs: 5, totalMs: 18 },
};

test('the stages of a frame from a volunteer add up to its time from capture to screen', () => {
  const stages = volunteerFrameStages(moments);
  expect(totalMs(stages)).toBeCloseTo(37, 9);
  // 12 ms on the network, a quarter of the bytes up.
  expect(stages).toMatchObject({ encode: 3, uplink: 3, downlink: 9, compute: 10, queue: 1, decode: 2, present: 1 });
});

test.each([
  ['more than the round trip', { queueMs: 0, decodeMs: 20, computeMs: 40, encodeMs: 60, totalMs: 5_000 }],
  ['nothing', { queueMs: 0, decodeMs: 0, computeMs: 0, encodeMs: 0, totalMs: 0 }],
  ['parts larger than their sum', { queueMs: 9, decodeMs: 9, computeMs: 9, encodeMs: 9, totalMs: 1 }],
])('a volunteer that reports %s changes no total and makes no stage negative', (_, volunteer) => {
  const stages = volunteerFrameStages({ ...moments, volunteer });
  expect(totalMs(stages)).toBeCloseTo(37, 9);
  for (const stage of STAGES) expect(stages[stage]).toBeGreaterThanOrEqual(0);
});

test('the stages of a frame upscaled locally add up to its total', () => {
  const stages = localFrameStages({ capturedMs: 10, computeStartMs: 12, computedMs: 30, presentedMs: 31 });
  expect(totalMs(stages)).toBe(21);
  expect(stages).toMatchObject({ capture: 2, compute: 18, present: 1, uplink: 0 });
});

test('the stages of a median frame add up to the median total', () => {
  const timings = [5, 40, 7, 22, 90, 13].map((computeMs) => {
    const stages = localFrameStages({
      capturedMs: 0,
      computeStartMs: 3,
      computedMs: 3 + computeMs,
      presentedMs: 4 + computeMs,
    });
    return { stages, totalMs: totalMs(stages) };
  });
  const { glassToGlassMs, stagesMs } = summarize(timings);
  expect(glassToGlassMs).toEqual({ p50: 17, p95: 94 });
  expect(stagesMs.map(({ name }) => name)).toEqual([...STAGES]);
  expect(stagesMs.reduce((sum, { p50 }) => sum + p50, 0)).toBeCloseTo(17, 9);
});

test('without frames every value is zero', () => {
  const { glassToGlassMs, stagesMs } = summarize([]);
  expect(glassToGlassMs).toEqual({ p50: 0, p95: 0 });
  expect(stagesMs.every(({ p50 }) => p50 === 0)).toBe(true);
});
