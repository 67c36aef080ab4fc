import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { CapturedFrame } from '../frame.ts';
import { STREAM } from '../tuning.ts';
import { Flights } from './flights.ts';

const AT_ONCE = { queueMs: 0, decodeMs: 0, computeMs: 5, encodeMs: 0, totalMs: 5 };

let clock: ManualClock;
let lost: [number, string][];
let flights: Flights;

beforeEach(() => {
  clock = new ManualClock();
  lost = [];
  flights = new Flights(({ frameId }, cause) => lost.push([frameId, cause]));
});

function start(frameId: number): void {
  const flight = flights.start({ frameId, capturedMs: clock.now(), purpose: 'show' } as CapturedFrame, clock.now());
  flight.sentMs = clock.now();
}

test('only so many frames are under way at a time', () => {
  for (let frameId = 0; frameId < STREAM.firstFramesInFlight; frameId++) {
    expect(flights.hasRoom(clock.now())).toBe(true);
    start(frameId);
  }
  expect(flights.hasRoom(clock.now())).toBe(false);
  clock.advance(20);
  expect(flights.answered(0, AT_ONCE, clock.now())?.frameId).toBe(0);
  expect(flights.hasRoom(clock.now())).toBe(true);
});

test('an acknowledged frame tells that unheard earlier ones are lost', () => {
  for (const frameId of [1, 2, 3]) start(frameId);
  flights.acknowledged(1);
  flights.acknowledged(3);
  expect(lost).toEqual([[2, 'lost']]);
  expect(flights.size).toBe(2);
});

test('answers come in order: what was sent before is lost, acknowledged or not', () => {
  for (const frameId of [1, 2, 3]) start(frameId);
  flights.acknowledged(1);
  expect(flights.answered(3, AT_ONCE, clock.now())?.frameId).toBe(3);
  expect(lost).toEqual([
    [1, 'lost'],
    [2, 'lost'],
  ]);
});

test('a frame that never comes back frees its place after a while', () => {
  for (const frameId of [1, 2, 3]) start(frameId);
  clock.advance(STREAM.frameTimeoutMs + 1);
  expect(flights.hasRoom(clock.now())).toBe(true);
  expect(lost).toHaveLength(3);
  expect(flights.answered(1, AT_ONCE, clock.now())).toBeUndefined();
});

test('an answer to a frame that was never sent is no flight of ours', () => {
  flights.start({ frameId: 7, capturedMs: 0, purpose: 'show' } as CapturedFrame, 0);
  expect(flights.answered(7, AT_ONCE, clock.now())).toBeUndefined();
  expect(flights.answered(8, AT_ONCE, clock.now())).toBeUndefined();
});
