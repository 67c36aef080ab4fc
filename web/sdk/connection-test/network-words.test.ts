import { expect, test } from 'vitest';
import type { IceResult, NetworkFindings, ServerFinding, StunFinding } from '../../net/connection-test/findings.ts';
import { networkSteps } from './network-words.ts';
import { reportOf } from './report.ts';
import { GOOD_NETWORK, NO_RELAY, SILENT, stepOf, WORKS } from './test-findings.ts';

const stepsOf = (changes: Partial<NetworkFindings> = {}) => networkSteps({ ...GOOD_NETWORK, ...changes });
const stunAs = (result: IceResult, translation: StunFinding['translation'] = null): StunFinding => ({
  ...{ result, ms: null, translation },
});
const failed = (changes: Partial<Extract<ServerFinding, { result: 'failed' }>> = {}): ServerFinding => ({
  ...{ result: 'failed', reason: 'signaling-unreachable', message: 'at http://host:1/', isAnsweringPages: null },
  ...changes,
});

test('a network in which everything works gives a good report with nothing to do', () => {
  const steps = stepsOf();
  expect(reportOf(steps).ok).toBe(true);
  expect(steps.filter(({ ok, next, nextForHost }) => !ok || next || nextForHost)).toEqual([]);
  expect(stepOf(steps, 'server')).toMatchObject({ ms: 20, figures: { transport: 'websocket', joinMs: 80 } });
  expect(stepOf(steps, 'throughput')).toMatchObject({ ms: 25, figures: { path: 'relay', upMbps: 20, downMbps: 40 } });
});

test('polling works, and the report says that it is slower and why', () => {
  const server = stepOf(stepsOf({ server: { result: 'works', isPolling: true, joinMs: 900, rttMs: 70 } }), 'server');
  expect(server).toMatchObject({ ok: true, figures: { transport: 'polling' } });
  expect(server.found).toMatch(/no WebSocket gets through.*takes longer/);
  expect([server.next, server.nextForHost].every(Boolean)).toBe(true);
});

test('where the policy of the page stops WebSockets or the whole connection, the network is not blamed for it', () => {
  const polling: ServerFinding = { result: 'works', isPolling: true, joinMs: 900, rttMs: 70 };
  for (const server of [polling, failed()]) {
    const step = stepOf(stepsOf({ server, isStoppedByPolicy: true }), 'server');
    expect(step.ok).toBe(server === polling);
    expect(step.found).toContain('Content-Security-Policy stops');
    expect(step.next).toContain('connect-src');
  }
});

test('a server that is away, a proxy that refuses the page, a refusal and a computer without network are told apart', () => {
  const unreached = { stun: stunAs('not-offered'), relay: NO_RELAY };
  const sentence = (server: ServerFinding, isOnline = true) => {
    const steps = stepsOf({ ...unreached, server, isOnline });
    expect(reportOf(steps).ok).toBe(false);
    return stepOf(steps, 'server').found;
  };
  const all = [
    sentence(failed()),
    sentence(failed({ isAnsweringPages: true })),
    sentence(failed({ reason: 'protocol-version', message: 'Reload the page.' })),
    sentence(failed(), false),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(all.join()).not.toContain('http://');
});

test('behind a failure to reach the server nothing else is blamed', () => {
  const steps = stepsOf({ server: failed(), stun: stunAs('not-offered'), relay: NO_RELAY });
  expect(
    reportOf(steps)
      .steps.filter(({ ok, required }) => !ok && required)
      .map(({ name }) => name),
  ).toEqual(['server']);
  for (const name of ['stun', 'relay', 'relay-need'] as const) expect(stepOf(steps, name).skipped).toBe(true);
});

test.each(['silent', 'unreachable', 'unknown-host', 'no-webrtc', 'not-offered'] as const)(
  'STUN that is %s has a cause and a next step',
  (result) => {
    const step = stepOf(stepsOf({ stun: stunAs(result), relay: NO_RELAY }), 'stun');
    expect(step.ok).toBe(false);
    expect(step.next).toMatch(/\.$/);
  },
);

test('where the relay is reached by UDP, a silent STUN server is not taken for a network that blocks UDP', () => {
  const { found } = stepOf(stepsOf({ stun: stunAs('silent') }), 'stun');
  expect(found).toContain('UDP leaves this network');
});

test('a line below a stream’s bitrate is named, and so is a relay that passes nothing', () => {
  const throughput = (found: NetworkFindings['throughput']) => stepOf(stepsOf({ throughput: found }), 'throughput');
  const slow = throughput({ result: 'works', path: 'relay', upMbps: 1.26, downMbps: 30, rttMs: null });
  expect(slow).toMatchObject({ ok: false, required: false, figures: { upMbps: 1.3 } });
  expect(slow.found).toContain('up to 6 Mb/s');
  expect(throughput({ result: 'failed', path: 'relay', waitedMs: null }).nextForHost).toContain('range of UDP ports');
  const direct = throughput({ result: 'works', path: 'direct', upMbps: 1, downMbps: 1, rttMs: null });
  expect(direct).toMatchObject({ ok: true });
  expect(direct.found).toContain('says nothing of your line');
  const broken = throughput({ result: 'failed', path: 'direct', waitedMs: null });
  expect(broken).toMatchObject({ ok: false, required: true, found: expect.not.stringContaining('busy') });
  const unlinked = stepsOf({ throughput: { result: 'failed', path: 'direct', waitedMs: 3_210 }, hasWebRtc: false });
  expect(stepOf(unlinked, 'throughput').found).toContain('no WebRTC');
});

test('where the time was up, a busy computer is named among the causes', () => {
  const late = (path: 'relay' | 'direct') =>
    stepOf(stepsOf({ throughput: { result: 'failed', path, waitedMs: 3_210 } }), 'throughput');
  expect(late('direct')).toMatchObject({
    found: expect.stringMatching(/within 3\.2 s.*busy/),
    next: expect.stringContaining('less to do'),
  });
  expect(late('relay')).toMatchObject({
    found: expect.stringMatching(/within 3\.2 s.*idle computer/),
    next: expect.stringContaining('less to do'),
    nextForHost: expect.stringContaining('less to do'),
  });
});

test('a relay that is reached by TCP alone is said to be', () => {
  const steps = stepsOf({ relay: { udp: SILENT, tcp: WORKS, tls: SILENT } });
  expect(stepOf(steps, 'throughput').found).toContain('not by UDP');
});

test('no report names an address', () => {
  const all = JSON.stringify(stepsOf({ server: failed({ isAnsweringPages: false }) }));
  expect(all).not.toMatch(/\d+\.\d+\.\d+\.\d+|https?:\/\//);
});
