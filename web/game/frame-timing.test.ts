import { expect, it } from 'vitest';
import { FixedStep, FramePacer } from './frame-timing.ts';

it('the same number of steps is due at every frame rate', () => {
  for (const frameMs of [4, 7, 16.7, 40]) {
    const steps = new FixedStep(10, 10);
    let due = 0;
    for (let nowMs = 0; nowMs <= 1001; nowMs += frameMs) due += steps.advance(nowMs);
    expect(due).toBeGreaterThanOrEqual(95);
    expect(due).toBeLessThanOrEqual(100);
    expect(steps.leftMs).toBeLessThan(10);
  }
});

it('does not catch up after a long pause', () => {
  const steps = new FixedStep(10, 8);
  steps.advance(0);
  expect(steps.advance(60_000)).toBe(8);
  expect(steps.leftMs).toBe(0);
  steps.skip();
  expect(steps.advance(90_000)).toBe(0);
});

it.each([
  [30, 30],
  [60, 60],
  [75, 60],
  [144, 60],
])('a screen of %i Hz draws about %i frames a second', (screenHz, expected) => {
  const pacer = new FramePacer(60);
  let drawn = 0;
  for (let frame = 0; frame < screenHz * 10; frame++) {
    const jitterMs = frame % 2 === 0 ? 0.4 : -0.4;
    if (pacer.isDue((frame * 1000) / screenHz + jitterMs)) drawn++;
  }
  expect(drawn / 10).toBeGreaterThan(expected * 0.9);
  expect(drawn / 10).toBeLessThanOrEqual(expected + 1);
});
