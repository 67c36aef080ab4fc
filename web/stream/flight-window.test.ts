import { expect, test } from 'vitest';
import { STREAM } from '../../shared/tuning.ts';
import { FlightWindow } from './flight-window.ts';

test('frames that wait behind others shrink the window to one, so that a slow volunteer works on fresh ones', () => {
  const window = new FlightWindow();
  expect(window.limit).toBe(STREAM.maxFramesInFlight);
  for (let frame = 0; frame < 5; frame++) window.answered({ queueMs: 700, computeMs: 600 });
  expect(window.limit).toBe(1);
});

test('it grows again, a step at a time, once frames no longer wait', () => {
  const window = new FlightWindow();
  for (let frame = 0; frame < STREAM.maxFramesInFlight; frame++) window.timedOut();
  expect(window.limit).toBe(1);
  for (let frame = 0; frame < 8; frame++) window.answered({ queueMs: 0, computeMs: 5 });
  expect(window.limit).toBe(2);
  for (let frame = 0; frame < 100; frame++) window.answered({ queueMs: 1, computeMs: 5 });
  expect(window.limit).toBe(STREAM.maxFramesInFlight);
});
