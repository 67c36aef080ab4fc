import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { type Controls, HANDLING, NEUTRAL } from './craft.ts';
import { ATTRACT_AFTER_MS, Race, STEP_MS } from './race.ts';

const STEPS_PER_SECOND = 1000 / STEP_MS;
const LEFT: Controls = { ...NEUTRAL, steer: -1 };

const newRace = (seed: number) => new Race(seededRandom(seed));

function run(race: Race, seconds: number, controls: (timeS: number) => Controls = () => NEUTRAL): void {
  for (let step = 0; step < seconds * STEPS_PER_SECOND; step++) race.step(controls(race.timeS));
}

const summary = (race: Race) =>
  [race.player, ...race.rivals].map(({ distanceM, lateralM, speedMps, energy }) => [
    distanceM,
    lateralM,
    speedMps,
    energy,
    race.score,
  ]);

it('the same seed and controls give the same race, another seed a different one', () => {
  const races = [5, 5, 6].map(newRace);
  for (const race of races) run(race, 20, (timeS) => ({ ...NEUTRAL, steer: Math.sin(timeS), boost: timeS > 8 }));
  const [first, second, other] = races.map(summary);
  expect(second).toEqual(first);
  expect(other).not.toEqual(first);
});

it.each([1, 2, 3, 7, 42, 1234])('left alone on seed %i it drives three laps without touching a barrier', (seed) => {
  const race = newRace(seed);
  let scrapes = 0;
  while (race.lap <= 3 && race.timeS < 240) {
    race.step(NEUTRAL);
    if (race.player.sinceScrapeS === 0) scrapes++;
  }
  expect(race.lap).toBe(4);
  expect(scrapes).toBe(0);
  expect(race.playing).toBe(false);
});

it('left alone it collects orbs', () => {
  const race = newRace(1);
  run(race, 30);
  expect(race.score).toBeGreaterThan(100);
});

it('the first input gives the player control with a score of zero; without input the autopilot takes over again', () => {
  const race = newRace(3);
  run(race, 10);
  race.step({ ...NEUTRAL, go: true });
  expect(race.state()).toMatchObject({ playing: true, score: 0, lap: 1 });
  run(race, ATTRACT_AFTER_MS / 1000 - 1);
  expect(race.playing).toBe(true);
  run(race, 2);
  expect(race.playing).toBe(false);
});

it('keeps the best score when the autopilot takes over', () => {
  const race = newRace(3);
  const { player, items } = race;
  race.step({ ...NEUTRAL, go: true });
  const [orb] = items.orbs;
  if (!orb) throw new Error('A track without orbs');
  player.distanceM = orb.distanceM;
  player.lateralM = orb.lateralM;
  race.step({ ...NEUTRAL, go: true });
  const { score } = race;
  expect(score).toBeGreaterThan(0);
  expect(orb.awayS).toBeGreaterThan(0);
  run(race, ATTRACT_AFTER_MS / 1000 + 1, () => NEUTRAL);
  expect(race.bestScore).toBeGreaterThanOrEqual(score);
});

it('steers to the side it is told to, and the barrier holds', () => {
  for (const steer of [-1, 1]) {
    const race = newRace(2);
    run(race, 6, () => ({ ...NEUTRAL, steer }));
    const limitM = race.track.halfWidthM - HANDLING.halfWidthM;
    expect(Math.sign(race.player.lateralM)).toBe(steer);
    expect(Math.abs(race.player.lateralM)).toBeLessThanOrEqual(limitM + 0.2);
    expect(race.player.speedMps).toBeGreaterThan(0);
  }
});

it('a barrier ends a chain of orbs', () => {
  const race = newRace(1);
  run(race, 12);
  const before = race.multiplier;
  race.step(LEFT);
  run(race, 3, () => LEFT);
  expect(before).toBeGreaterThan(1);
  expect(race.multiplier).toBe(1);
});

it('boost spends energy for speed and ends with it', () => {
  const race = newRace(1);
  race.player.energy = 1;
  race.step({ ...NEUTRAL, boost: true });
  run(race, 1, () => ({ ...NEUTRAL, boost: true }));
  expect(race.player.boosting).toBe(true);
  expect(race.player.speedMps).toBeGreaterThan(HANDLING.topSpeedMps);
  expect(race.player.energy).toBeLessThan(1);
});

it('rivals stay ahead of a player who brakes', () => {
  const race = newRace(1);
  run(race, 60, () => ({ ...NEUTRAL, brake: true }));
  for (const rival of race.rivals) expect(rival.distanceM - race.player.distanceM).toBeGreaterThan(0);
  expect(race.place).toBe(5);
});
