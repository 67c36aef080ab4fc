import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { StatusNews } from './status-reporter.ts';
import { SIGNALING_CLIENT } from './tuning.ts';

const STATUS = { load: 0.5, accepting: true, tasks: ['echo'], maxGamers: 4 };

function told() {
  const clock = new ManualClock();
  const news = new StatusNews(() => clock.now());
  expect(news.isNews(STATUS)).toBe(true);
  news.told(STATUS);
  return { news, clock };
}

test('what is as it was need not be told, nor a load that differs by little', () => {
  const { news, clock } = told();
  clock.advance(SIGNALING_CLIENT.statusIntervalMs);
  expect(news.isNews({ ...STATUS, tasks: ['echo'] })).toBe(false);
  expect(news.isNews({ ...STATUS, load: 0.5 + 0.9 * SIGNALING_CLIENT.statusStep })).toBe(false);
});

test.each([
  { load: 0.5 + 1.1 * SIGNALING_CLIENT.statusStep },
  { accepting: false },
  { maxGamers: 1 },
  { tasks: ['upscale'] },
  { tasks: ['echo', 'upscale'] },
])('told at once: %o', (change) => {
  expect(told().news.isNews({ ...STATUS, ...change })).toBe(true);
});

test('loads that creep are told once they have gone far from what was told, and when they reach an end', () => {
  const { news } = told();
  for (const part of [0.4, 0.8])
    expect(news.isNews({ ...STATUS, load: 0.5 + part * SIGNALING_CLIENT.statusStep })).toBe(false);
  expect(news.isNews({ ...STATUS, load: 0.5 + 1.2 * SIGNALING_CLIENT.statusStep })).toBe(true);
  news.told({ ...STATUS, load: 0.5 * SIGNALING_CLIENT.statusStep });
  expect(news.isNews({ ...STATUS, load: 0 })).toBe(true);
});

test('all is told again after a while', () => {
  const { news, clock } = told();
  clock.advance(SIGNALING_CLIENT.statusRepeatMs);
  expect(news.isNews(STATUS)).toBe(true);
});
