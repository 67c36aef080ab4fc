import { expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import type { Candidate } from './ice-gathering.ts';
import { probeRelays, probeStun, sortIceServers, translationOf } from './ice-probes.ts';

const LIMIT_MS = 3_000;
const CREDENTIAL = { username: 'u', credential: 'c' };
const HOST: Candidate = { type: 'host', foundation: '1', port: 1 };
const seenAs = (port: number, foundation = 'a'): Candidate => ({ type: 'srflx', foundation, port });
const RELAYED: Candidate = { type: 'relay', foundation: 'r', port: 9 };

type Event = { candidate: Candidate } | { errorCode: number; errorText: string } | 'end';

/** A browser that answers the search for candidates with these events, each 10 ms after the one before. */
function browser(answers: (urls: string) => readonly Event[]) {
  const clock = new ManualClock();
  const closed: string[] = [];
  const connect = ({ iceServers = [] }: RTCConfiguration) => {
    const urls = iceServers.map((server) => String(server.urls)).join();
    const target = new EventTarget();
    const emit = (event: Event) => {
      if (event === 'end')
        target.dispatchEvent(Object.assign(new globalThis.Event('icecandidate'), { candidate: null }));
      else if ('candidate' in event) {
        const candidate = { candidate: 'candidate:', ...event.candidate };
        target.dispatchEvent(Object.assign(new globalThis.Event('icecandidate'), { candidate }));
      } else target.dispatchEvent(Object.assign(new globalThis.Event('icecandidateerror'), event));
    };
    return Object.assign(target, {
      createDataChannel: () => ({}),
      createOffer: async () => ({}),
      setLocalDescription: async () => {
        answers(urls).forEach((event, index) => {
          clock.after((index + 1) * 10, () => emit(event));
        });
      },
      close: () => closed.push(urls),
    }) as unknown as RTCPeerConnection;
  };
  const run = async <T>(probe: Promise<T>): Promise<T> => {
    // The offer is made before the clock goes on.
    await new Promise(setImmediate);
    for (let steps = 0; steps < LIMIT_MS / 10; steps++) {
      clock.advance(10);
      await Promise.resolve();
    }
    return probe;
  };
  return { options: { connect, clock, limitMs: LIMIT_MS }, run, closed, clock };
}

async function stun(events: readonly Event[], urls = ['stun:one', 'stun:two']) {
  const { options, run } = browser(() => events);
  return run(probeStun(urls, options));
}

async function relayByUdp(events: readonly Event[]) {
  const { options, run } = browser(() => events);
  return (await run(probeRelays({ udp: [{ urls: 'turn:one', ...CREDENTIAL }], tcp: [], tls: [] }, options))).udp;
}

test('addresses are sorted by how they are reached, and a relay by UDP is asked for STUN as well, without its credential', () => {
  const relay = ['turn:r:3478', 'turn:r:3478?transport=udp', 'turn:r?transport=tcp', 'turns:r:5349?transport=tcp'];
  const sorted = sortIceServers([{ urls: 'stun:s:3478' }, { urls: relay, ...CREDENTIAL }]);
  expect(sorted.stunUrls).toEqual(['stun:s:3478', 'stun:r:3478']);
  expect(sorted.relay.udp.map(({ urls }) => urls)).toEqual(relay.slice(0, 2));
  expect(sorted.relay.tcp).toEqual([{ urls: relay[2], ...CREDENTIAL }]);
  expect(sorted.relay.tls).toEqual([{ urls: relay[3], ...CREDENTIAL }]);
});

test('one socket that two servers see under two ports is behind a symmetric NAT; two sockets are not', () => {
  expect(translationOf([HOST], 2)).toBe('none');
  expect(translationOf([HOST, seenAs(5)], 1)).toBe('unknown');
  expect(translationOf([HOST, seenAs(5)], 2)).toBe('steady');
  expect(translationOf([seenAs(5), seenAs(6)], 2)).toBe('varying');
  expect(translationOf([seenAs(5), seenAs(6, 'b')], 2)).toBe('steady');
});

test('STUN: an answer is timed, and an address that is the browser’s own counts as one', async () => {
  expect(await stun([{ candidate: HOST }, { candidate: seenAs(5) }, 'end'])).toEqual({
    ...{ result: 'works', ms: 20, translation: 'steady' },
  });
  expect(await stun([{ candidate: HOST }, 'end'])).toEqual({ result: 'works', ms: null, translation: 'none' });
});

test('STUN: silence, an unknown name, a browser without connections and a server without STUN are told apart', async () => {
  const lookup = { errorCode: 701, errorText: 'STUN host lookup received error.' };
  expect((await stun([{ candidate: HOST }])).result).toBe('silent');
  expect((await stun([{ candidate: HOST }, lookup, 'end'])).result).toBe('unknown-host');
  expect((await stun(['end'])).result).toBe('no-webrtc');
  expect((await stun([], [])).result).toBe('not-offered');
});

test('further STUN servers are waited for only a little once one has answered', async () => {
  const { options, run, clock } = browser(() => [{ candidate: seenAs(5) }]);
  let endedMs = Number.NaN;
  await run(probeStun(['stun:one', 'stun:two'], options).then(() => (endedMs = clock.now())));
  expect(endedMs).toBeLessThan(LIMIT_MS / 2);
});

test.each([
  ['works', [{ candidate: RELAYED }]],
  ['refused', [{ errorCode: 401, errorText: 'Unauthorized.' }, 'end']],
  ['full', [{ errorCode: 486, errorText: 'Allocation Quota Reached' }, 'end']],
  ['unknown-host', [{ errorCode: 701, errorText: 'TURN host lookup received error.' }, 'end']],
  ['unreachable', [{ errorCode: 701, errorText: 'Failed to establish connection' }, 'end']],
  ['silent', []],
] as const)('a relay that %s is told from others', async (result, events) => {
  expect((await relayByUdp(events)).result).toBe(result);
});

test('every way to the relay is tried at once, and every connection is closed', async () => {
  const { options, run, closed, clock } = browser((urls) => (urls.includes('tcp') ? [{ candidate: RELAYED }] : []));
  const server = (urls: string) => [{ urls, ...CREDENTIAL }];
  const probing = probeRelays({ udp: server('turn:u'), tcp: server('turn:t?transport=tcp'), tls: [] }, options);
  const found = await run(probing);
  expect([found.udp.result, found.tcp, found.tls.result]).toEqual([
    'silent',
    { result: 'works', ms: 10 },
    'not-offered',
  ]);
  expect(closed).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test('a browser that makes no connections is said to be one', async () => {
  const { options } = browser(() => []);
  const connect = () => {
    throw new Error('no WebRTC');
  };
  expect((await probeStun(['stun:one'], { ...options, connect })).result).toBe('no-webrtc');
});
