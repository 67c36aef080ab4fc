import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { GIVE_UP_AFTER_MS, LivenessMonitor } from './liveness-monitor.ts';

let clock: ManualClock;
let monitor: LivenessMonitor;
let events: ('silent' | 'heard' | 'given up')[];

beforeEach(() => {
  clock = new ManualClock();
  events = [];
  monitor = new LivenessMonitor({
    clock,
    onChanged: (isSilent) => events.push(isSilent ? 'silent' : 'heard'),
    onGivenUp: () => events.push('given up'),
  });
});

test('a volunteer that acknowledges in time is not silent, and no timer remains', () => {
  monitor.sent(1, 20);
  clock.advance(10);
  monitor.acknowledged(1, 10);
  clock.advance(10_000);
  expect([events, clock.pending]).toEqual([[], 0]);
});

test('the time the link needs for the frame is waited for', () => {
  monitor.sent(1, 1_000);
  clock.advance(1_000);
  expect(events).toEqual([]);
  clock.advance(200);
  expect(events).toEqual(['silent']);
});

test('any message ends the silence; without one the volunteer is given up once', () => {
  monitor.sent(1, 0);
  clock.advance(500);
  monitor.heard();
  expect(events).toEqual(['silent', 'heard']);
  monitor.sent(2, 0);
  clock.advance(500 + GIVE_UP_AFTER_MS);
  expect(events).toEqual(['silent', 'heard', 'silent', 'given up']);
});

test('a disposed monitor reports nothing', () => {
  monitor.sent(1, 0);
  monitor.dispose();
  clock.advance(10_000);
  expect([events, clock.pending]).toEqual([[], 0]);
});
