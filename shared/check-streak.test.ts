// Protects: nobody is believed early, and nobody is ever believed altogether.
import { expect, test } from 'vitest';
import { CheckStreak } from './check-streak.ts';
import { seededRandom } from './tasks/test-random.ts';
import { TRUST } from './tasks/tuning.ts';

test('all is checked until so many were right in a row, then one in as many as were right', () => {
  const streak = new CheckStreak();
  for (let n = 0; n < TRUST.alwaysBelow; n++) {
    expect(streak.isDue(() => 0.999)).toBe(true);
    streak.right();
  }
  expect(streak.isNew).toBe(false);
  expect(streak.isDue(() => 0.999)).toBe(false);
  for (let n = TRUST.alwaysBelow; n < 20; n++) streak.right();
  const random = seededRandom(3);
  const due = Array.from({ length: 10_000 }, () => streak.isDue(random)).filter(Boolean).length;
  expect(due / 10_000).toBeGreaterThan(0.04);
  expect(due / 10_000).toBeLessThan(0.06);
});

test('a wrong one sends it back to the start', () => {
  const streak = new CheckStreak();
  for (let n = 0; n < 50; n++) streak.right();
  streak.wrong();
  expect([streak.isNew, streak.isDue(() => 0.999)]).toEqual([true, true]);
});
