import { expect, test } from 'vitest';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { STREAM } from '../tuning.ts';
import { localForecast, oldestPictureMs, poolForecast, SideChoice } from './side-choice.ts';

const local = (delayMs: number, quality: Quality | null = 'spatial') => localForecast(delayMs, 60, quality);
const volunteer = (delayMs: number, serviceMs = 1, quality: Quality | null = 'spatial') => ({
  name: 'Vera',
  ...poolForecast(delayMs, [{ delayMs, serviceMs }], 60, quality),
});

test('a side that was chosen by the user runs, whatever it costs', () => {
  const choice = new SideChoice();
  expect(choice.decide({ where: 'local', local: local(500), volunteer: volunteer(10) }).running).toBe('local');
  expect(choice.decide({ where: 'volunteers', local: local(1), volunteer: volunteer(500) }).running).toBe('volunteers');
});

test('without a volunteer this machine runs, and why says so', () => {
  for (const where of ['auto', 'volunteers'] as const) {
    const decision = new SideChoice().decide({ where, local: null, volunteer: null });
    expect(decision.running).toBe('local');
    expect(decision.why).toMatch(/No volunteer/);
  }
});

test('auto takes whichever picture is fresher', () => {
  expect(new SideChoice().decide({ where: 'auto', local: local(5), volunteer: volunteer(60) }).running).toBe('local');
  expect(new SideChoice().decide({ where: 'auto', local: local(300), volunteer: volunteer(60) }).running).toBe(
    'volunteers',
  );
});

test('auto does not flap for a small gain', () => {
  const choice = new SideChoice();
  choice.decide({ where: 'auto', local: local(300), volunteer: volunteer(60) });
  const worthwhileMs = STREAM.switchRatio * oldestPictureMs(volunteer(60));
  // A picture from here gets twice as old as it takes.
  const decide = (localAgeMs: number) =>
    choice.decide({ where: 'auto', local: local(localAgeMs / 2), volunteer: volunteer(60) });
  expect(decide(worthwhileMs + 1).running).toBe('volunteers');
  expect(decide(worthwhileMs - 1).running).toBe('local');
});

test('a low rate counts like a long delay', () => {
  // Fewer milliseconds for one frame, but only ten frames a second.
  const choice = new SideChoice();
  expect(choice.decide({ where: 'auto', local: local(100), volunteer: volunteer(120, 10) }).running).toBe('volunteers');
});

test('two volunteers make twice the rate of one, up to that of the source', () => {
  const route = { delayMs: 60, serviceMs: 40 };
  expect(poolForecast(60, [route], 60, null).intervalMs).toBe(40);
  expect(poolForecast(60, [route, route], 60, null).intervalMs).toBe(20);
  expect(poolForecast(60, [route, route, route], 60, null).intervalMs).toBeCloseTo(1000 / 60);
});

test.each([
  [
    'a volunteer, where this machine is fresher for doing less',
    local(5, 'fast'),
    volunteer(40, 10, 'quality'),
    'volunteers',
  ],
  ['this machine, where a volunteer does less', local(12, 'quality'), volunteer(10, 1, 'balanced'), 'local'],
  ['the fresher one, where the better one is much older', local(5, 'fast'), volunteer(90, 10, 'quality'), 'local'],
  ['the fresher one, where the better one comes rarer', local(5, 'fast'), volunteer(40, 40, 'quality'), 'local'],
  ['the fresher one, where one of them is not known', local(5, 'fast'), volunteer(40, 10, null), 'local'],
  ['the better one, which is fresher too', local(60, 'spatial'), volunteer(20, 10, 'fast'), 'volunteers'],
] as const)('auto takes %s', (_, here, there, side) => {
  const decision = new SideChoice().decide({ where: 'auto', local: here, volunteer: there });
  expect(decision.running, decision.why).toBe(side);
});

test('a better side does not flap where it is just worth its delay', () => {
  const choice = new SideChoice();
  const decide = (delayMs: number) =>
    choice.decide({ where: 'auto', local: local(5, 'fast'), volunteer: volunteer(delayMs, 10, 'quality') }).running;
  expect(decide(5 + STREAM.worthOlderMs - 1)).toBe('volunteers');
  expect(decide(5 + STREAM.worthOlderMs + 5)).toBe('volunteers');
  expect(decide(5 + STREAM.worthOlderMs / STREAM.switchRatio + 1)).toBe('local');
  expect(decide(5 + STREAM.worthOlderMs + 5)).toBe('local');
});
