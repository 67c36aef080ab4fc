import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { Track } from './track.ts';

it.each([1, 2, 3, 7, 42, 1234])('on seed %i the road is closed, smooth and never narrower than its bends', (seed) => {
  const track = new Track(seededRandom(seed));
  const start = track.at(0);
  const end = track.at(track.lengthM - 1e-6);
  expect(Math.hypot(start.x - end.x, start.y - end.y, start.z - end.z)).toBeLessThan(0.01);
  for (let metre = 0; metre < track.lengthM; metre++) {
    const from = track.at(metre);
    const to = track.at(metre + 1);
    expect(Math.hypot(from.x - to.x, from.z - to.z)).toBeCloseTo(1, 1);
    // The inner barrier must still have a radius, or the road would fold over itself.
    expect(Math.abs(from.curvature) * (track.halfWidthM + 4)).toBeLessThan(0.7);
  }
});

it('a place to the right of the road lies to the right of its heading', () => {
  const track = new Track(seededRandom(1));
  for (const distanceM of [0, 100, 500]) {
    const { x, z, headingRad } = track.at(distanceM);
    const right = track.place(distanceM, 4);
    const along = (right.x - x) * Math.sin(headingRad) - (right.z - z) * Math.cos(headingRad);
    const across = (right.x - x) * Math.cos(headingRad) + (right.z - z) * Math.sin(headingRad);
    expect(along).toBeCloseTo(0, 6);
    expect(across).toBeGreaterThan(3.8);
  }
});
