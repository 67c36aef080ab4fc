import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { NEUTRAL } from './craft.ts';
import { STEER_HOLD_S } from './pilots.ts';
import { Race, STEP_MS } from './race.ts';
import { OBSERVED } from './steering-observation.ts';

const newRace = () => new Race(seededRandom(4));
const RIGHT = new Float32Array([1, -1, 1, -1, 1, -1, 1, -1]);

function run(race: Race, seconds: number, each: () => void = () => {}): void {
  for (let step = 0; step < (seconds * 1000) / STEP_MS; step++) {
    each();
    race.step(NEUTRAL);
  }
}

const lateral = (race: Race) => race.rivals.map(({ lateralM }) => lateralM);
const states = (race: Race) => race.rivals.map(({ distanceM, lateralM }) => [distanceM, lateralM]);

it('observes a row for each rival', () => {
  const race = newRace();
  expect(race.observeRivals()).toHaveLength(race.rivals.length * OBSERVED);
});

it('steers by the policy’s outputs, and returns to its lane when they stop', () => {
  const [race, alone] = [newRace(), newRace()];
  run(race, 2, () => race.steerRivals(RIGHT, race.timeS));
  run(alone, 2);
  for (const [row, lateralM] of lateral(race).entries())
    expect(lateralM).toBeGreaterThan((lateral(alone)[row] ?? 0) + 1);
  run(race, 8);
  // Lanes are at most 4.5 m from the middle, so no autopilot stays that far right.
  for (const lateralM of lateral(race)) expect(Math.abs(lateralM)).toBeLessThan(5.5);
  for (const { sinceScrapeS } of race.rivals) expect(sinceScrapeS).toBeGreaterThan(1);
});

it('ignores outputs for old observations and malformed outputs', () => {
  const [race, alone] = [newRace(), newRace()];
  run(race, 2, () => {
    race.steerRivals(RIGHT, race.timeS - STEER_HOLD_S - 0.01);
    race.steerRivals(
      RIGHT.map(() => Number.NaN),
      race.timeS,
    );
    race.steerRivals(RIGHT.subarray(2), race.timeS);
  });
  run(alone, 2);
  expect(states(race)).toEqual(states(alone));
});

it('the same outputs at the same times give the same race', () => {
  const races = [newRace(), newRace()];
  for (const race of races) {
    run(race, 5, () => {
      if (race.timeS % 1 < 0.5)
        race.steerRivals(
          RIGHT.map((value) => value * Math.sin(race.timeS)),
          race.timeS,
        );
    });
  }
  const [first, second] = races.map(states);
  expect(second).toEqual(first);
});
