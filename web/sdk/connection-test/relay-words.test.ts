import { expect, test } from 'vitest';
import type {
  IceResult,
  NetworkFindings,
  RelayTransport,
  ServerFinding,
  StunFinding,
} from '../../net/connection-test/findings.ts';
import { relayNeedOf, relayNeedStep, relaySteps } from './relay-words.ts';
import { GOOD_NETWORK, NO_RELAY, NOT_OFFERED, SILENT, stepOf, WORKS } from './test-findings.ts';

const networkOf = (changes: Partial<NetworkFindings> = {}): NetworkFindings => ({ ...GOOD_NETWORK, ...changes });
const stunAs = (result: IceResult, translation: StunFinding['translation'] = null): StunFinding => ({
  ...{ result, ms: null, translation },
});
const ALL_SILENT = { udp: SILENT, tcp: SILENT, tls: SILENT };

test('a server without a relay, one that gives no credential and one that was not reached are told apart', () => {
  const sentence = (changes: Partial<NetworkFindings>) => {
    const [step, ...others] = relaySteps(networkOf({ relay: NO_RELAY, ...changes }));
    expect(others).toEqual([]);
    expect(step).toMatchObject({ name: 'relay', ok: false, required: false });
    expect(step?.next).toBeTruthy();
    return step?.found;
  };
  const server: ServerFinding = {
    result: 'failed',
    reason: 'signaling-unreachable',
    message: '',
    isAnsweringPages: null,
  };
  const all = [
    sentence({}),
    ...(['too-many', 'fixed', 'failed'] as const).map((credentialRefusal) => sentence({ credentialRefusal })),
    sentence({ server }),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test.each(['udp', 'tcp', 'tls'] as const)(
  'every failure of the relay by %s has a cause, and a next step for both',
  (transport) => {
    const results = ['refused', 'full', 'unknown-host', 'unreachable', 'silent', 'not-offered'] as const;
    const others: RelayTransport = transport === 'udp' ? 'tcp' : 'udp';
    const steps = results.map((result) => {
      const relay = { ...ALL_SILENT, [others]: WORKS, [transport]: { result, ms: null } };
      return stepOf(relaySteps(networkOf({ relay })), `relay-${transport}`);
    });
    for (const { ok, next, nextForHost } of steps)
      expect([ok, Boolean(next), Boolean(nextForHost)]).toEqual([false, true, true]);
    expect(new Set(steps.map(({ found }) => found)).size).toBe(results.length);
  },
);

test('a relay that no certificate vouches for is not taken for a firewall alone', () => {
  const relay = { ...ALL_SILENT, tls: { result: 'unreachable', ms: null } as const };
  expect(stepOf(relaySteps(networkOf({ relay })), 'relay-tls').found).toContain('certificate');
});

test('whether a network needs a relay follows from what STUN servers see of it', () => {
  const need = (stun: StunFinding, relay = NO_RELAY) => relayNeedOf({ stun, relay });
  expect(need(stunAs('works', 'none'))).toBe('never');
  expect(need(stunAs('works', 'steady'))).toBe('sometimes');
  expect(need(stunAs('works', 'unknown'))).toBe('sometimes');
  expect(need(stunAs('works', 'varying'))).toBe('often');
  expect(need(stunAs('silent'))).toBe('always');
  expect(need(stunAs('not-offered'))).toBe('unknown');
});

test('a dead STUN server is not taken for a network without UDP where the relay answers by UDP', () => {
  expect(relayNeedOf({ stun: stunAs('silent'), relay: { ...NO_RELAY, udp: WORKS } })).toBe('unknown');
  expect(relayNeedOf({ stun: stunAs('silent'), relay: { ...NO_RELAY, tcp: WORKS } })).toBe('always');
});

test('a missing relay fails the report only where the network needs it, and any way to it is enough', () => {
  const step = (stun: StunFinding, relay: NetworkFindings['relay']) => relayNeedStep(networkOf({ stun, relay }));
  expect(step(stunAs('silent'), NO_RELAY)).toMatchObject({ ok: false, required: true });
  expect(step(stunAs('works', 'varying'), ALL_SILENT)).toMatchObject({ ok: false, required: true });
  expect(step(stunAs('silent'), { udp: SILENT, tcp: NOT_OFFERED, tls: WORKS })).toMatchObject({ ok: true });
  expect(step(stunAs('works', 'steady'), NO_RELAY)).toMatchObject({ ok: false, required: false });
  expect(step(stunAs('works', 'none'), NO_RELAY)).toMatchObject({ ok: true });
  expect(step(stunAs('not-offered'), NO_RELAY)).toMatchObject({ ok: false, required: false });
});
