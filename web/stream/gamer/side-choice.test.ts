import { expect, test } from 'vitest';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { MAX_EXTRA_AGE_MS, SideChoice, SWITCH_RATIO } from './side-choice.ts';
import { localForecast, oldestPictureMs, poolForecast } from './side-forecast.ts';

const local = (delayMs: number, quality: Quality | null = 'spatial') => localForecast(delayMs, 60, quality);
const volunteer = (delayMs: number, serviceMs = 1, quality: Quality | null = 'spatial') => ({
  name: 'Vera',
  ...poolForecast(delayMs, [{ delayMs, serviceMs }], 60, quality),
});

test('the side that the user chose runs, however slow it is', () => {
  const choice = new SideChoice();
  expect(choice.decide({ where: 'local', local: local(500), volunteer: volunteer(10) }).running).toBe('local');
  expect(choice.decide({ where: 'volunteers', local: local(1), volunteer: volunteer(500) }).running).toBe('volunteers');
});

test('this machine runs while there is no volunteer, and `why` says so', () => {
  for (const where of ['auto', 'volunteers'] as const) {
    const decision = new SideChoice().decide({ where, local: null, volunteer: null });
    expect(decision.running).toBe('local');
    expect(decision.why).toMatch(/No volunteer/);
  }
});

test('auto takes the side with the fresher picture', () => {
  expect(new SideChoice().decide({ where: 'auto', local: local(5), volunteer: volunteer(60) }).running).toBe('local');
  expect(new SideChoice().decide({ where: 'auto', local: local(300), volunteer: volunteer(60) }).running).toBe(
    'volunteers',
  );
});

test('auto does not change sides for a small gain', () => {
  const choice = new SideChoice();
  choice.decide({ where: 'auto', local: local(300), volunteer: volunteer(60) });
  const worthwhileMs = SWITCH_RATIO * oldestPictureMs(volunteer(60));
  // A local picture gets twice as old as the time it takes.
  const decide = (localAgeMs: number) =>
    choice.decide({ where: 'auto', local: local(localAgeMs / 2), volunteer: volunteer(60) });
  expect(decide(worthwhileMs + 1).running).toBe('volunteers');
  expect(decide(worthwhileMs - 1).running).toBe('local');
});

test('a low frame rate counts like a long delay', () => {
  // Locally a frame takes less time, but only ten of them are made a second.
  const choice = new SideChoice();
  expect(choice.decide({ where: 'auto', local: local(100), volunteer: volunteer(120, 10) }).running).toBe('volunteers');
});

test.each([
  [
    'a volunteer if this machine is fresher only because it does less',
    local(5, 'fast'),
    volunteer(40, 10, 'quality'),
    'volunteers',
  ],
  ['this machine if the volunteer does less', local(12, 'quality'), volunteer(10, 1, 'balanced'), 'local'],
  ['the fresher side if the better one is much older', local(5, 'fast'), volunteer(90, 10, 'quality'), 'local'],
  [
    'the fresher side if the better one has a lower frame rate',
    local(5, 'fast'),
    volunteer(40, 40, 'quality'),
    'local',
  ],
  ['the fresher side if one quality is unknown', local(5, 'fast'), volunteer(40, 10, null), 'local'],
  ['the better side if it is also fresher', local(60, 'spatial'), volunteer(20, 10, 'fast'), 'volunteers'],
] as const)('auto takes %s', (_, here, there, side) => {
  const decision = new SideChoice().decide({ where: 'auto', local: here, volunteer: there });
  expect(decision.running, decision.why).toBe(side);
});

test('auto does not flap where the better quality is barely worth its delay', () => {
  const choice = new SideChoice();
  const decide = (delayMs: number) =>
    choice.decide({ where: 'auto', local: local(5, 'fast'), volunteer: volunteer(delayMs, 10, 'quality') }).running;
  expect(decide(5 + MAX_EXTRA_AGE_MS - 1)).toBe('volunteers');
  expect(decide(5 + MAX_EXTRA_AGE_MS + 5)).toBe('volunteers');
  expect(decide(5 + MAX_EXTRA_AGE_MS / SWITCH_RATIO + 1)).toBe('local');
  expect(decide(5 + MAX_EXTRA_AGE_MS + 5)).toBe('local');
});
