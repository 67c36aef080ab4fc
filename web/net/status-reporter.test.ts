import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { LOAD_STEP, STATUS_INTERVAL_MS, STATUS_REPEAT_MS, StatusReporter } from './status-reporter.ts';

const STATUS = { load: 0.5, accepting: true, tasks: ['echo'], maxGamers: 4 };

function reported() {
  const clock = new ManualClock();
  const reporter = new StatusReporter(() => clock.now());
  expect(reporter.isDue(STATUS)).toBe(true);
  reporter.reported(STATUS);
  return { reporter, clock };
}

test('an unchanged status is not due, nor is a small change of load', () => {
  const { reporter, clock } = reported();
  clock.advance(STATUS_INTERVAL_MS);
  expect(reporter.isDue({ ...STATUS, tasks: ['echo'] })).toBe(false);
  expect(reporter.isDue({ ...STATUS, load: 0.5 + 0.9 * LOAD_STEP })).toBe(false);
});

test.each([
  { load: 0.5 + 1.1 * LOAD_STEP },
  { accepting: false },
  { maxGamers: 1 },
  { tasks: ['upscale'] },
  { tasks: ['echo', 'upscale'] },
])('due at once: %o', (change) => {
  expect(reported().reporter.isDue({ ...STATUS, ...change })).toBe(true);
});

test('a slowly changing load is due when it is far from the reported one, and when it reaches 0 or 1', () => {
  const { reporter } = reported();
  for (const part of [0.4, 0.8]) expect(reporter.isDue({ ...STATUS, load: 0.5 + part * LOAD_STEP })).toBe(false);
  expect(reporter.isDue({ ...STATUS, load: 0.5 + 1.2 * LOAD_STEP })).toBe(true);
  reporter.reported({ ...STATUS, load: 0.5 * LOAD_STEP });
  expect(reporter.isDue({ ...STATUS, load: 0 })).toBe(true);
});

test('an unchanged status is repeated after a while', () => {
  const { reporter, clock } = reported();
  clock.advance(STATUS_REPEAT_MS);
  expect(reporter.isDue(STATUS)).toBe(true);
});
