import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { Craft } from './craft.ts';
import { OBSERVED, observeForSteering, STEERING_MODEL, toSteering } from './steering-observation.ts';
import { Track } from './track.ts';

const VECTORS = new URL('./test-vectors/steering.json', import.meta.url);
const MANIFEST = new URL('../../public/models/manifest.json', import.meta.url);

interface Ship {
  distanceM: number;
  lateralM: number;
  speedMps: number;
  noseRad: number;
  courseRad: number;
  steer: number;
  laneM: number;
  observation: number[];
}

test('the observation is the one used in training', async () => {
  const { seed, lengthM, ships } = JSON.parse(await readFile(VECTORS, 'utf8')) as {
    seed: number;
    lengthM: number;
    ships: Ship[];
  };
  const track = new Track(seededRandom(seed));
  expect(track.lengthM).toBeCloseTo(lengthM, 3);
  const steered = ships.map(({ laneM, distanceM, lateralM, speedMps, ...angles }) => ({
    craft: Object.assign(new Craft({ distanceM, lateralM, speedMps }), {
      noseRad: angles.noseRad,
      courseRad: angles.courseRad,
      steer: angles.steer,
    }),
    laneM,
  }));
  const all = steered.map(({ craft }) => craft);
  const seen = observeForSteering(steered, all, track);
  const wanted = ships.flatMap(({ observation }) => observation);
  expect(seen).toHaveLength(wanted.length);
  for (const [i, value] of seen.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 4);
  // Without this the vectors would not cover the craft ahead.
  expect(ships.some(({ observation }) => observation[12] !== 0)).toBe(true);
});

test('observes only craft within reach ahead, across the start line too', () => {
  const track = new Track(seededRandom(1));
  const at = (distanceM: number) => new Craft({ distanceM, lateralM: 1, speedMps: 40 });
  const nearness = (aheadM: number) => {
    const craft = at(track.lengthM - 5);
    const all = [craft, at(track.lengthM - 5 + aheadM)];
    return observeForSteering([{ craft, laneM: 0 }], all, track)[12];
  };
  expect(nearness(15)).toBeCloseTo(0.5);
  expect([nearness(-15), nearness(31)]).toEqual([0, 0]);
});

test('the listed model takes as many numbers', async () => {
  const { models } = JSON.parse(await readFile(MANIFEST, 'utf8')) as {
    models: { name: string; inputs?: { dims: unknown[] }[] }[];
  };
  expect(models.find(({ name }) => name === STEERING_MODEL)?.inputs?.[0]?.dims).toEqual(['batch', OBSERVED]);
});

test('an output becomes controls, row by row', () => {
  const controls = new Float32Array([0.25, -1, -1.5, 0.5]);
  expect(toSteering(controls, 0)).toEqual({ steer: 0.25, brake: false });
  expect(toSteering(controls, 1)).toEqual({ steer: -1, brake: true });
});
