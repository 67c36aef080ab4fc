import { expect, test } from 'vitest';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';
import { Trust } from './trust.ts';

test('nobody is believed before so many results of the same kind were right', () => {
  const trust = new Trust(() => 0.999);
  for (let n = 0; n < PROBATION_RESULTS; n++) {
    expect(trust.isDue('v', 'physics')).toBe(true);
    trust.right('v', 'physics');
  }
  expect(trust.isDue('v', 'physics')).toBe(false);
  expect(trust.isDue('v', 'raytracing')).toBe(true);
  expect(trust.isDue('other', 'physics')).toBe(true);
});

test('one wrong result bars for good, whatever was right before', () => {
  const trust = new Trust(() => 0.999);
  for (let n = 0; n < 50; n++) trust.right('v', 'physics');
  trust.wrong('v');
  expect([trust.isBarred('v'), trust.isBarred('other')]).toEqual([true, false]);
  expect(trust.isDue('v', 'physics')).toBe(true);
});
