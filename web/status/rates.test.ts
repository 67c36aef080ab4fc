import { expect, test } from 'vitest';
import type { ServerStatus } from '../../shared/server-status.ts';
import { linkSuccess, meanJoinMs, ratesBetween } from './rates.ts';

const AT_START: ServerStatus = {
  version: '1.0.0',
  uptimeS: 10,
  draining: false,
  now: { sockets: 1, rooms: 1, gamers: 1, volunteers: 0 },
  joins: { fresh: 1, resumed: 0, totalS: 0.02 },
  matches: 0,
  signals: 10,
  links: { direct: 0, relay: 0, failed: 0 },
  refusals: [{ event: 'join', reason: 'room-full', count: 2 }],
  loopLagS: { p50: 0, p99: 0, max: 0 },
  memoryBytes: 1,
  cpuS: 1,
};

test('rates cover the time between two samples', () => {
  const later: ServerStatus = {
    ...AT_START,
    uptimeS: 20,
    joins: { fresh: 11, resumed: 10, totalS: 0.2 },
    signals: 60,
    refusals: [
      { event: 'join', reason: 'room-full', count: 4 },
      { event: 'signal', reason: 'rate-limited', count: 3 },
    ],
    cpuS: 6,
  };
  expect(ratesBetween(AT_START, later)).toEqual({ joinsPerS: 2, signalsPerS: 5, refusalsPerS: 0.5, cpu: 0.5 });
});

test('a first sample and a restarted server have no rates', () => {
  expect(ratesBetween(null, AT_START)).toBeNull();
  expect(ratesBetween({ ...AT_START, uptimeS: 100 }, AT_START)).toBeNull();
});

test('without joins or links, mean and success are NaN', () => {
  expect(linkSuccess(AT_START)).toBeNaN();
  expect(linkSuccess({ ...AT_START, links: { direct: 2, relay: 1, failed: 1 } })).toBe(0.75);
  expect(meanJoinMs(AT_START)).toBe(20);
  expect(meanJoinMs({ ...AT_START, joins: { fresh: 0, resumed: 0, totalS: 0 } })).toBeNaN();
});
