import { expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { CountRate } from './count-rate.ts';
import { frameShares } from './frame-shares.ts';

const VOLUNTEERS = [volunteer(), volunteer({ id: 'v2', name: 'calm-fox' })];

it('names who made the frames, and counts what is left as done here', () => {
  const shares = [
    { volunteerId: 'v1', share: 0.5 },
    { volunteerId: 'v2', share: 0.25 },
  ];
  expect(frameShares({ shares, fps: 30 }, VOLUNTEERS).map(({ name, ratio }) => [name, ratio])).toEqual([
    ['brave-otter', 0.5],
    ['calm-fox', 0.25],
    ['this computer', 0.25],
  ]);
});

it('claims nothing without frames, and no rounding error as done here', () => {
  expect(frameShares({ shares: [], fps: 0 }, VOLUNTEERS)).toEqual([]);
  const shares = [{ volunteerId: 'gone', share: 0.999 }];
  expect(frameShares({ shares, fps: 30 }, VOLUNTEERS).map(({ name }) => name)).toEqual(['a volunteer who left']);
  expect(frameShares({ shares: [], fps: 30 }, []).map(({ ratio }) => ratio)).toEqual([1]);
});

it('tells how fast a count grows, over the last moments alone', () => {
  const rate = new CountRate(5_000);
  expect(rate.perSecond).toBeNaN();
  rate.add(0, 0);
  expect(rate.perSecond).toBeNaN();
  rate.add(60, 1_000);
  expect(rate.perSecond).toBe(60);
  for (const atMs of [2_000, 4_000, 7_000]) rate.add(60, atMs);
  expect(rate.perSecond).toBe(0);
});
