import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { STREAM } from '../tuning.ts';
import { LivenessMonitor } from './liveness-monitor.ts';

let clock: ManualClock;
let silence: LivenessMonitor;
let told: (boolean | 'given up')[];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  silence = new LivenessMonitor({
    clock,
    onChanged: (silent) => told.push(silent),
    onGivenUp: () => told.push('given up'),
  });
});

test('a frame whose arrival is told in time makes nobody silent, and leaves no timer', () => {
  silence.sent(1, 20);
  clock.advance(10);
  silence.arrived(1, 10);
  clock.advance(10_000);
  expect([told, clock.pending]).toEqual([[], 0]);
});

test('what the link needs for it is waited for', () => {
  silence.sent(1, 1_000);
  clock.advance(1_000);
  expect(told).toEqual([]);
  clock.advance(200);
  expect(told).toEqual([true]);
});

test('any word ends it; without one the volunteer is given up once', () => {
  silence.sent(1, 0);
  clock.advance(500);
  silence.heard();
  expect(told).toEqual([true, false]);
  silence.sent(2, 0);
  clock.advance(500 + STREAM.silentForMs);
  expect(told).toEqual([true, false, true, 'given up']);
});

test('what is disposed of says nothing any more', () => {
  silence.sent(1, 0);
  silence.dispose();
  clock.advance(10_000);
  expect([told, clock.pending]).toEqual([[], 0]);
});
