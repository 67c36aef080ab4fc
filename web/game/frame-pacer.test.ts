import { expect, it } from 'vitest';
import { FramePacer } from './frame-pacer.ts';

it.each([
  [30, 30],
  [60, 60],
  [75, 60],
  [144, 60],
])('a screen of %i Hz draws about %i frames a second', (screenHz, expected) => {
  const pacer = new FramePacer(60);
  let drawn = 0;
  for (let frame = 0; frame < screenHz * 10; frame++) {
    const trembleMs = frame % 2 === 0 ? 0.4 : -0.4;
    if (pacer.isDue((frame * 1000) / screenHz + trembleMs)) drawn++;
  }
  expect(drawn / 10).toBeGreaterThan(expected * 0.9);
  expect(drawn / 10).toBeLessThanOrEqual(expected + 1);
});
