import { expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { Job } from './job.ts';
import { StragglerThreshold } from './straggler-threshold.ts';
import { TASKS } from './tuning.ts';

const definition = definitionOf('echo');
const job: Job = {
  ...{ type: 'echo', kind: 'echo', definition, packed: { params: {}, attachments: [] }, where: 'auto' },
  ...{ cost: 1, bytesOut: 1, bytesIn: 1, priority: 0, submittedMs: 0, deadlineMs: 500, firstDeadlineMs: 500 },
};

test('each type has a first deadline of its own, and not one for all', () => {
  expect(definition.firstDeadlineMs({ sizeBytes: 1 })).toBe(500);
  const size = { width: 4, height: 4, outWidth: 8, outHeight: 8 };
  expect(definitionOf('upscale').firstDeadlineMs({ ...size, quality: 'spatial' })).toBe(100);
});

test('before enough was measured a task is late past its first deadline, or past what is predicted if that is more', () => {
  const lateness = new StragglerThreshold();
  for (let nth = 1; nth < TASKS.minLatenessSamples; nth++) lateness.learn('echo', 10, 10);
  expect(lateness.lateAfterMs(job, 10)).toBe(500);
  expect(lateness.lateAfterMs(job, 800)).toBe(800);
});

test('then past the 95th percentile of what was measured, in proportion to what is predicted', () => {
  const lateness = new StragglerThreshold();
  for (let nth = 0; nth < 100; nth++) lateness.learn('echo', 99, 100 + nth);
  expect(lateness.lateAfterMs(job, 99)).toBeCloseTo(196);
  expect(lateness.lateAfterMs(job, 199)).toBeCloseTo(391);
});

test('learns for each kind by itself, from the newest', () => {
  const lateness = new StragglerThreshold();
  for (let nth = 0; nth < 1_000; nth++) lateness.learn('echo', 99, 1_000);
  for (let nth = 0; nth < TASKS.latenessWindow; nth++) lateness.learn('echo', 99, 100);
  expect(lateness.lateAfterMs(job, 99)).toBeCloseTo(101);
  expect(lateness.lateAfterMs({ ...job, kind: 'upscale' }, 99)).toBe(500);
});

test('nothing is late before timers can tell', () => {
  const lateness = new StragglerThreshold();
  for (let nth = 0; nth < 100; nth++) lateness.learn('echo', 0.1, 0.2);
  expect(lateness.lateAfterMs(job, 0.1)).toBe(TASKS.minLateMs);
});
