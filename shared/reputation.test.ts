import { expect, test } from 'vitest';
import { CheckStreak, PROBATION_RESULTS, type RankingFacts, score } from './reputation.ts';
import { seededRandom } from './seeded-random.ts';

const middling: RankingFacts = { completed: 10, failed: 10, load: 0.5, latencyMs: 20, affinity: 0.5 };
const scoreWith = (facts: Partial<RankingFacts>) => score({ ...middling, ...facts });

test('the weights are those of the documented formula, and the best possible volunteer comes close to 1', () => {
  expect(score({ completed: 0, failed: 0, load: 1, latencyMs: Number.MAX_VALUE, affinity: 0 })).toBeCloseTo(0.2);
  expect(score({ completed: 0, failed: 0, load: 0, latencyMs: 0, affinity: 1 })).toBeCloseTo(0.2 + 0.3 + 0.2 + 0.1);
  expect(score({ completed: 1e9, failed: 0, load: 0, latencyMs: 0, affinity: 1 })).toBeCloseTo(1);
});

test('each fact moves the score in the right direction', () => {
  expect(scoreWith({ completed: 50 })).toBeGreaterThan(score(middling));
  expect(scoreWith({ failed: 50 })).toBeLessThan(score(middling));
  expect(scoreWith({ load: 0.9 })).toBeLessThan(score(middling));
  expect(scoreWith({ latencyMs: 1 })).toBeGreaterThan(score(middling));
  expect(scoreWith({ affinity: 1 })).toBeGreaterThan(score(middling));
});

test('facts out of range keep the score within 0..1', () => {
  for (const facts of [
    { load: -5, latencyMs: -1, affinity: 9 },
    { load: 7, affinity: -3 },
  ]) {
    expect(scoreWith(facts)).toBeGreaterThanOrEqual(0);
    expect(scoreWith(facts)).toBeLessThanOrEqual(1);
  }
});

test('one early failure does not rule out a newcomer', () => {
  expect(scoreWith({ completed: 0, failed: 1 })).toBeGreaterThan(scoreWith({ completed: 0, failed: 10 }));
  expect(scoreWith({ completed: 0, failed: 1 })).toBeGreaterThan(
    score({ ...middling, completed: 0, failed: 1, load: 1 }),
  );
});

// Nobody is trusted from the start, and nobody is ever trusted completely.

test('every result is checked during probation; after n correct ones, a result is checked with probability 1/n', () => {
  const streak = new CheckStreak();
  for (let n = 0; n < PROBATION_RESULTS; n++) {
    expect(streak.isDue(() => 0.999)).toBe(true);
    streak.right();
  }
  expect(streak.isNew).toBe(false);
  expect(streak.isDue(() => 0.999)).toBe(false);
  for (let n = PROBATION_RESULTS; n < 20; n++) streak.right();
  const random = seededRandom(3);
  const due = Array.from({ length: 10_000 }, () => streak.isDue(random)).filter(Boolean).length;
  expect(due / 10_000).toBeGreaterThan(0.04);
  expect(due / 10_000).toBeLessThan(0.06);
});

test('a wrong result restarts the probation', () => {
  const streak = new CheckStreak();
  for (let n = 0; n < 50; n++) streak.right();
  streak.wrong();
  expect([streak.isNew, streak.isDue(() => 0.999)]).toEqual([true, true]);
});
