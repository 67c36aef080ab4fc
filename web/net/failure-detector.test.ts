import { expect, test } from 'vitest';
import { ASSUMED_RTT_MS, RttEstimator } from './failure-detector.ts';

test('before it is measured it is that of two homes, with room for error', () => {
  const roundTrip = new RttEstimator();
  expect(roundTrip.measuredMs).toBeNull();
  expect(roundTrip.longestMs).toBe(3 * ASSUMED_RTT_MS);
});

test('the first sample counts in full, and half of it as jitter; then both are smoothed', () => {
  const roundTrip = new RttEstimator();
  expect(roundTrip.add(40)).toBe(40);
  expect(roundTrip.longestMs).toBe(40 + 4 * 20);
  expect(roundTrip.add(48)).toBe(41);
  expect(roundTrip.longestMs).toBe(41 + 4 * (20 + (8 - 20) / 4));
});

test('a steady link ends up with hardly any jitter, an unsteady one with as much as it has', () => {
  const [steady, unsteady] = [new RttEstimator(), new RttEstimator()];
  for (let i = 0; i < 60; i++) {
    steady.add(30);
    unsteady.add(i % 2 ? 10 : 50);
  }
  expect(steady.longestMs).toBeLessThan(31);
  expect(unsteady.longestMs).toBeGreaterThan(90);
});
