import { expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { Job } from './job.ts';
import { STRAGGLER, StragglerThreshold } from './straggler-threshold.ts';

const definition = definitionOf('echo');
const job: Job = {
  type: 'echo',
  kind: 'echo',
  definition,
  packed: { params: {}, attachments: [] },
  where: 'auto',
  cost: 1,
  bytesOut: 1,
  bytesIn: 1,
  priority: 0,
  submittedMs: 0,
  deadlineMs: 500,
  firstDeadlineMs: 500,
};

test('each type has its own first deadline', () => {
  expect(definition.firstDeadlineMs({ sizeBytes: 1 })).toBe(500);
  const size = { width: 4, height: 4, outWidth: 8, outHeight: 8 };
  expect(definitionOf('upscale').firstDeadlineMs({ ...size, quality: 'spatial' })).toBe(100);
});

test('until enough is measured a task is late past its first deadline, or its prediction if that is longer', () => {
  const threshold = new StragglerThreshold();
  for (let nth = 1; nth < STRAGGLER.minSamples; nth++) threshold.learn('echo', 10, 10);
  expect(threshold.lateAfterMs(job, 10)).toBe(500);
  expect(threshold.lateAfterMs(job, 800)).toBe(800);
});

test('then past the 95th percentile of what was measured, relative to the prediction', () => {
  const threshold = new StragglerThreshold();
  for (let nth = 0; nth < 100; nth++) threshold.learn('echo', 99, 100 + nth);
  expect(threshold.lateAfterMs(job, 99)).toBeCloseTo(196);
  expect(threshold.lateAfterMs(job, 199)).toBeCloseTo(391);
});

test('learns each kind separately, from the newest samples', () => {
  const threshold = new StragglerThreshold();
  for (let nth = 0; nth < 1_000; nth++) threshold.learn('echo', 99, 1_000);
  for (let nth = 0; nth < STRAGGLER.window; nth++) threshold.learn('echo', 99, 100);
  expect(threshold.lateAfterMs(job, 99)).toBeCloseTo(101);
  expect(threshold.lateAfterMs({ ...job, kind: 'upscale' }, 99)).toBe(500);
});

test('nothing is late earlier than timers can measure', () => {
  const threshold = new StragglerThreshold();
  for (let nth = 0; nth < 100; nth++) threshold.learn('echo', 0.1, 0.2);
  expect(threshold.lateAfterMs(job, 0.1)).toBe(STRAGGLER.minLateMs);
});
