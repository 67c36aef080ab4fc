import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { Patience } from './patience.ts';

const INTERVAL_MS = 33;

let clock: ManualClock;
let nextFrameId: number;

beforeEach(() => {
  clock = new ManualClock();
  nextFrameId = 0;
});

/** Sends frames whose detail comes after these delays, in turn; null: never. */
function run(patience: Patience, ...delaysMs: (number | null)[]): number {
  for (let frame = 0; frame < 90; frame++) {
    const frameId = nextFrameId++;
    patience.sent(frameId);
    const delayMs = delaysMs[frame % delaysMs.length] ?? null;
    if (delayMs !== null) patience.arrived(frameId, delayMs);
    clock.advance(INTERVAL_MS);
    patience.judge(INTERVAL_MS);
  }
  return patience.frames;
}

const automatic = () => new Patience(null, () => clock.now());

test('the picture waits for as few frames as bring most of the detail', () => {
  expect(run(automatic(), 10)).toBe(0);
  expect(run(automatic(), 30)).toBe(1);
  expect(run(automatic(), 50)).toBe(2);
  expect(run(automatic(), 20, 30, 60)).toBe(2);
});

test('where hardly any detail comes in time, the picture waits for none', () => {
  expect(run(automatic(), 200)).toBe(0);
  expect(run(automatic(), null)).toBe(0);
  expect(run(automatic(), 40, null, null)).toBe(0);
});

/** Sends frames, of which a share is dropped; the detail of the others comes after 30 ms. */
function drop(patience: Patience, isDropped: (frame: number) => boolean): Patience {
  for (let frame = 0; frame < 60; frame++) {
    const frameId = nextFrameId++;
    patience.sent(frameId);
    if (isDropped(frame)) patience.dropped(frameId);
    else patience.arrived(frameId, 30);
    clock.advance(INTERVAL_MS);
    patience.judge(INTERVAL_MS);
  }
  return patience;
}

test('frames that were dropped say nothing about the delay, but they had no detail in time', () => {
  const some = drop(automatic(), (frame) => frame % 3 === 0);
  expect(some.frames).toBe(1);
  expect(some.inTimeShare).toBeCloseTo(2 / 3, 1);
});

test('where most frames are dropped, the picture waits for none: a volunteer may do so to delay it', () => {
  const most = drop(automatic(), (frame) => frame % 3 !== 0);
  expect(most.frames).toBe(0);
  expect(most.inTimeShare).toBeCloseTo(1 / 3, 1);
  expect(drop(automatic(), () => true)).toMatchObject({ frames: 0, inTimeShare: 0 });
});

test('a faster volunteer shortens the wait again', () => {
  const patience = automatic();
  expect(run(patience, 60)).toBe(2);
  expect(run(patience, 5)).toBe(0);
});

test('it is known how much of the detail comes in time', () => {
  const patience = automatic();
  expect(patience.inTimeShare).toBeNull();
  run(patience, 40, 200);
  expect(patience.inTimeShare).toBeCloseTo(0.5, 1);
  run(patience, 40);
  expect(patience.inTimeShare).toBe(1);
});

test('the user may choose it', () => {
  const patience = new Patience(1, () => clock.now());
  expect(run(patience, 200)).toBe(1);
  patience.chosen = null;
  expect(run(patience, 200)).toBe(0);
});
