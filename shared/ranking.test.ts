import { expect, test } from 'vitest';
import { type RankingFacts, score } from './ranking.ts';

const middling: RankingFacts = { completed: 10, failed: 10, load: 0.5, latencyMs: 20, affinity: 0.5 };
const scoreWith = (facts: Partial<RankingFacts>) => score({ ...middling, ...facts });

test('the weights are those of the design, and the best possible volunteer comes close to 1', () => {
  expect(score({ completed: 0, failed: 0, load: 1, latencyMs: Number.MAX_VALUE, affinity: 0 })).toBeCloseTo(0.2);
  expect(score({ completed: 0, failed: 0, load: 0, latencyMs: 0, affinity: 1 })).toBeCloseTo(0.2 + 0.3 + 0.2 + 0.1);
  expect(score({ completed: 1e9, failed: 0, load: 0, latencyMs: 0, affinity: 1 })).toBeCloseTo(1);
});

test('each fact moves the score the right way', () => {
  expect(scoreWith({ completed: 50 })).toBeGreaterThan(score(middling));
  expect(scoreWith({ failed: 50 })).toBeLessThan(score(middling));
  expect(scoreWith({ load: 0.9 })).toBeLessThan(score(middling));
  expect(scoreWith({ latencyMs: 1 })).toBeGreaterThan(score(middling));
  expect(scoreWith({ affinity: 1 })).toBeGreaterThan(score(middling));
});

test('facts out of range leave the score within 0..1', () => {
  for (const facts of [
    { load: -5, latencyMs: -1, affinity: 9 },
    { load: 7, affinity: -3 },
  ]) {
    expect(scoreWith(facts)).toBeGreaterThanOrEqual(0);
    expect(scoreWith(facts)).toBeLessThanOrEqual(1);
  }
});

test('one early failure does not condemn a newcomer', () => {
  expect(scoreWith({ completed: 0, failed: 1 })).toBeGreaterThan(scoreWith({ completed: 0, failed: 10 }));
  expect(scoreWith({ completed: 0, failed: 1 })).toBeGreaterThan(
    score({ ...middling, completed: 0, failed: 1, load: 1 }),
  );
});
