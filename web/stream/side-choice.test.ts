import { expect, test } from 'vitest';
import { STREAM } from '../../shared/tuning.ts';
import { localForecast, oldestPictureMs, poolForecast, SideChoice } from './side-choice.ts';

const local = (delayMs: number) => localForecast(delayMs, 60);
const volunteer = (delayMs: number, serviceMs = 1) => ({
  name: 'Vera',
  ...poolForecast(delayMs, [{ delayMs, serviceMs }], 60),
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
  expect(poolForecast(60, [route], 60).intervalMs).toBe(40);
  expect(poolForecast(60, [route, route], 60).intervalMs).toBe(20);
  expect(poolForecast(60, [route, route, route], 60).intervalMs).toBeCloseTo(1000 / 60);
});
