import { expect, test } from 'vitest';
import { ASSUMED_RTT_MS, RttEstimator } from './failure-detector.ts';

test('before the first sample it assumes two homes in one country, with a margin', () => {
  const roundTrip = new RttEstimator();
  expect(roundTrip.measuredMs).toBeNull();
  expect(roundTrip.longestMs).toBe(3 * ASSUMED_RTT_MS);
});

test('the first sample counts in full, half of it as jitter; later samples are smoothed', () => {
  const roundTrip = new RttEstimator();
  expect(roundTrip.add(40)).toBe(40);
  expect(roundTrip.longestMs).toBe(40 + 4 * 20);
  expect(roundTrip.add(48)).toBe(41);
  expect(roundTrip.longestMs).toBe(41 + 4 * (20 + (8 - 20) / 4));
});

test('the jitter converges to nearly zero on a steady link and to its real value on an unsteady one', () => {
  const [steady, unsteady] = [new RttEstimator(), new RttEstimator()];
  for (let i = 0; i < 60; i++) {
    steady.add(30);
    unsteady.add(i % 2 ? 10 : 50);
  }
  expect(steady.longestMs).toBeLessThan(31);
  expect(unsteady.longestMs).toBeGreaterThan(90);
});
