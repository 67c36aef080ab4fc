import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { LinkOutcome } from '../../shared/server-status.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { iceRouteOf, PATH_LOOKUP_DELAY_MS, reportConnectionOutcome } from './connection-outcome.ts';
import type { LinkEvent } from './link-environment.ts';
import { Listeners } from './listeners.ts';

const report = (...entries: { id: string; type: string; [more: string]: unknown }[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const host = { id: 'h', type: 'local-candidate', candidateType: 'host' };
const reflexive = { id: 's', type: 'remote-candidate', candidateType: 'srflx' };
const relayed = { id: 'r', type: 'remote-candidate', candidateType: 'relay' };
const pair = (id: string, remoteCandidateId: string, more = {}) => ({
  id,
  type: 'candidate-pair',
  localCandidateId: 'h',
  remoteCandidateId,
  ...more,
});
const pathOf = (statistics: RTCStatsReport) => iceRouteOf(statistics)?.path ?? null;
const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'used' };

test('the path is that of the transport’s selected pair, even if other pairs have succeeded', () => {
  const other = pair('other', 'r', { nominated: true, state: 'succeeded' });
  expect(pathOf(report(other, pair('used', 's'), host, reflexive, relayed, transport))).toBe('direct');
  expect(pathOf(report(pair('used', 'r'), host, relayed, transport))).toBe('relay');
});

test('without transport statistics, as in Firefox, it is that of the selected or nominated pair', () => {
  expect(pathOf(report(pair('a', 's', { selected: true }), host, reflexive))).toBe('direct');
  expect(pathOf(report(pair('a', 'r', { nominated: true, state: 'succeeded' }), host, relayed))).toBe('relay');
});

test('there is no path before a pair is selected', () => {
  expect(pathOf(report())).toBeNull();
  expect(pathOf(report(pair('a', 's', { state: 'in-progress' }), host, reflexive))).toBeNull();
});

test('the route names the type of each end’s candidate and the round trip, but no address', () => {
  const used = pair('used', 's', { currentRoundTripTime: 0.0125 });
  const local = { ...host, address: '192.168.1.20', port: 50_000 };
  const route = { path: 'direct', local: 'host', remote: 'srflx', rttMs: 12.5 };
  expect(iceRouteOf(report(used, local, reflexive, transport))).toEqual(route);
});

const FAILURE = new MeshError('connection-failed', 'no route in time');

function reported() {
  const clock = new ManualClock();
  const events = new Listeners<LinkEvent>();
  const told: LinkOutcome[] = [];
  reportConnectionOutcome(
    { events, route: async () => ({ path: 'relay', local: 'relay', remote: 'host', rttMs: 3 }) },
    clock,
    (outcome) => told.push(outcome),
  );
  const waitForLookup = async () => {
    clock.advance(PATH_LOOKUP_DELAY_MS);
    await Promise.resolve();
  };
  return { events, told, waitForLookup };
}

test('the first of several failed attempts is reported, and the path of the successful one', async () => {
  const { events, told, waitForLookup } = reported();
  events.emit({ kind: 'lost', error: FAILURE });
  events.emit({ kind: 'lost', error: FAILURE });
  events.emit({ kind: 'open' });
  await waitForLookup();
  expect(told).toEqual(['failed', 'relay']);
});

test('losing an open link is not a failure to connect, and its path is no longer looked up', async () => {
  const { events, told, waitForLookup } = reported();
  events.emit({ kind: 'open' });
  events.emit({ kind: 'lost', error: FAILURE });
  await waitForLookup();
  expect(told).toEqual([]);
  events.emit({ kind: 'lost', error: FAILURE });
  expect(told, 'a failed attempt afterwards is reported').toEqual(['failed']);
});

test('a link closed on purpose before it opened has not failed', () => {
  const { events, told } = reported();
  events.emit({ kind: 'lost', error: null });
  expect(told).toEqual([]);
});
