import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { LOAD_STEP, STATUS_INTERVAL_MS, STATUS_REPEAT_MS, StatusReporter } from './status-reporter.ts';

const STATUS = { load: 0.5, accepting: true, tasks: ['echo'], maxGamers: 4 };

function told() {
  const clock = new ManualClock();
  const news = new StatusReporter(() => clock.now());
  expect(news.isNews(STATUS)).toBe(true);
  news.told(STATUS);
  return { news, clock };
}

test('what is as it was need not be told, nor a load that differs by little', () => {
  const { news, clock } = told();
  clock.advance(STATUS_INTERVAL_MS);
  expect(news.isNews({ ...STATUS, tasks: ['echo'] })).toBe(false);
  expect(news.isNews({ ...STATUS, load: 0.5 + 0.9 * LOAD_STEP })).toBe(false);
});

test.each([
  { load: 0.5 + 1.1 * LOAD_STEP },
  { accepting: false },
  { maxGamers: 1 },
  { tasks: ['upscale'] },
  { tasks: ['echo', 'upscale'] },
])('told at once: %o', (change) => {
  expect(told().news.isNews({ ...STATUS, ...change })).toBe(true);
});

test('loads that creep are told once they have gone far from what was told, and when they reach an end', () => {
  const { news } = told();
  for (const part of [0.4, 0.8]) expect(news.isNews({ ...STATUS, load: 0.5 + part * LOAD_STEP })).toBe(false);
  expect(news.isNews({ ...STATUS, load: 0.5 + 1.2 * LOAD_STEP })).toBe(true);
  news.told({ ...STATUS, load: 0.5 * LOAD_STEP });
  expect(news.isNews({ ...STATUS, load: 0 })).toBe(true);
});

test('all is told again after a while', () => {
  const { news, clock } = told();
  clock.advance(STATUS_REPEAT_MS);
  expect(news.isNews(STATUS)).toBe(true);
});
