import { expect, test } from 'vitest';
import { icePathOf } from './ice-path.ts';

const report = (...entries: { id: string; type: string; [more: string]: unknown }[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const host = { id: 'h', type: 'local-candidate', candidateType: 'host' };
const reflexive = { id: 's', type: 'remote-candidate', candidateType: 'srflx' };
const relayed = { id: 'r', type: 'remote-candidate', candidateType: 'relay' };
const pair = (id: string, remoteCandidateId: string, more = {}) => ({
  ...{ id, type: 'candidate-pair', localCandidateId: 'h', remoteCandidateId },
  ...more,
});
const transport = { id: 't', type: 'transport', selectedCandidatePairId: 'used' };

test('the pair that the transport uses says it, whatever other pairs have succeeded', () => {
  const other = pair('other', 'r', { nominated: true, state: 'succeeded' });
  expect(icePathOf(report(other, pair('used', 's'), host, reflexive, relayed, transport))).toBe('direct');
  expect(icePathOf(report(pair('used', 'r'), host, relayed, transport))).toBe('relay');
});

test('without a transport, as in Firefox, the selected or nominated pair does', () => {
  expect(icePathOf(report(pair('a', 's', { selected: true }), host, reflexive))).toBe('direct');
  expect(icePathOf(report(pair('a', 'r', { nominated: true, state: 'succeeded' }), host, relayed))).toBe('relay');
});

test('before anything is chosen there is no path', () => {
  expect(icePathOf(report())).toBeNull();
  expect(icePathOf(report(pair('a', 's', { state: 'in-progress' }), host, reflexive))).toBeNull();
});
