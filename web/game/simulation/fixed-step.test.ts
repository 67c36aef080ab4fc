import { expect, it } from 'vitest';
import { FixedStep } from './fixed-step.ts';

it('as many steps come due at every frame rate', () => {
  for (const frameMs of [4, 7, 16.7, 40]) {
    const steps = new FixedStep(10, 10);
    let due = 0;
    for (let nowMs = 0; nowMs <= 1001; nowMs += frameMs) due += steps.advance(nowMs);
    expect(due).toBeGreaterThanOrEqual(95);
    expect(due).toBeLessThanOrEqual(100);
    expect(steps.leftMs).toBeLessThan(10);
  }
});

it('a long while away is not caught up with', () => {
  const steps = new FixedStep(10, 8);
  steps.advance(0);
  expect(steps.advance(60_000)).toBe(8);
  expect(steps.leftMs).toBe(0);
  steps.skip();
  expect(steps.advance(90_000)).toBe(0);
});
