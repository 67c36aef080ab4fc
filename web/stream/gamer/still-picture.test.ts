import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { MAX_REFINE_LAST_MS, StillPicture } from './still-picture.ts';

const INTERVAL_MS = 33;

let clock: ManualClock;
let still: StillPicture;
let repeats: number;
let isIncomplete: boolean;
let canRefine: boolean;
/** The detail of each repeat. */
let detailOf: (repeat: number) => number;

beforeEach(() => {
  clock = new ManualClock();
  repeats = 0;
  isIncomplete = false;
  canRefine = true;
  detailOf = () => 128;
  still = new StillPicture({
    clock,
    intervalMs: () => INTERVAL_MS,
    isIncomplete: () => isIncomplete,
    canRefine: () => canRefine,
    repeat() {
      repeats++;
      still.onFrame(true);
      still.onDetail(new Uint8Array(1_000).fill(detailOf(repeats)));
    },
  });
});

afterEach(() => {
  still.dispose();
  expect(clock.pending).toBe(0);
});

test('while the source moves, nothing is sent again', () => {
  for (let frame = 0; frame < 60; frame++) {
    still.onFrame(false);
    clock.advance(INTERVAL_MS);
  }
  expect(repeats).toBe(0);
});

test('a still picture is sent again until its detail does not change any more', () => {
  detailOf = (repeat) => 128 + Math.min(repeat, 7);
  still.onFrame(false);
  clock.advance(10_000);
  expect(repeats).toBeGreaterThanOrEqual(8);
  expect(repeats).toBeLessThan(14);
});

test('detail that never settles ends all the same', () => {
  detailOf = (repeat) => 100 + 20 * (repeat % 2);
  still.onFrame(false);
  clock.advance(60_000);
  expect(repeats).toBeLessThan(60);
});

test('without anybody to refine it a picture that is complete is left alone', () => {
  canRefine = false;
  still.onFrame(false);
  clock.advance(10_000);
  expect(repeats).toBe(0);
});

test('a picture that is missing on the screen is sent again for as long as it is', () => {
  canRefine = false;
  isIncomplete = true;
  still.onFrame(false);
  clock.advance(1_000);
  expect(repeats).toBeGreaterThan(5);
  isIncomplete = false;
  const before = repeats;
  clock.advance(1_000);
  expect(repeats).toBe(before);
});

test('the last picture of a source that ended is refined first, and that is told once', () => {
  detailOf = (repeat) => 128 + Math.min(repeat, 7);
  let told = 0;
  still.onFrame(false);
  still.refineLast(() => told++);
  clock.advance(500);
  expect(told).toBe(0);
  clock.advance(2_000);
  expect([told, repeats >= 8]).toEqual([1, true]);
  clock.advance(10_000);
  expect(told).toBe(1);
});

test('where nobody refines it, that is told at once', () => {
  canRefine = false;
  let told = 0;
  still.onFrame(false);
  still.refineLast(() => told++);
  expect(told).toBe(1);
});

test('detail of a last picture that never settles, or never comes, is not waited for any longer than its limit', () => {
  isIncomplete = true;
  let told = 0;
  still.onFrame(false);
  still.refineLast(() => told++);
  clock.advance(MAX_REFINE_LAST_MS - 1);
  expect(told).toBe(0);
  clock.advance(1);
  expect(told).toBe(1);
});
