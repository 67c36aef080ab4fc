import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import type { PeerSignal } from '../../shared/signaling.ts';
import { withLateIceServers } from './ice-servers.ts';
import { Peer, type PeerOptions } from './peer.ts';

/** Connections that are created before their peer, or their ICE servers, are known. */
const peers: Peer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.destroy();
});

function peerOf(options: Partial<PeerOptions>): Peer {
  const peer = new Peer({ initiate: true, iceServers: [], relayOnly: false, clock: systemClock, ...options });
  peers.push(peer);
  return peer;
}

/** The browser's WebRTC, with the connection created from it. */
function watched(wrtc: PeerOptions['wrtc'] = { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }) {
  const Connection: typeof RTCPeerConnection = wrtc.RTCPeerConnection;
  const made: RTCPeerConnection[] = [];
  const Watched = class extends Connection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
  return { made, wrtc: { ...wrtc, RTCPeerConnection: Watched } };
}

const happened = (what: () => void) => vi.waitFor(what, { timeout: 60_000, interval: 10 });
const quiet = { onMessage: () => {}, onClose: () => {} };

test('an offer made before the peer is known is sent once, with the candidates gathered so far, and connects', async () => {
  const { made, wrtc } = watched();
  const early = peerOf({ wrtc });
  await happened(() => expect(made[0]?.iceGatheringState).toBe('complete'));
  const answering = peerOf({ initiate: false });
  const signals: PeerSignal[] = [];
  let connected = 0;
  answering.begin({ ...quiet, onSignal: (signal) => early.signal(signal), onConnect: () => connected++ });
  early.begin({
    ...quiet,
    onSignal: (signal) => {
      signals.push(signal);
      answering.signal(signal);
    },
    onConnect: () => connected++,
  });
  await happened(() => expect(connected).toBe(2));
  expect(signals).toEqual([{ type: 'offer', sdp: expect.stringContaining('a=candidate:') }]);
});

test('a connection waiting for its ICE servers makes no offer and gathers nothing, and then uses them', async () => {
  const iceServers = [{ urls: ['stun:127.0.0.1:3478'] }];
  let name = (_: RTCIceServer[]) => {};
  const named = new Promise<RTCIceServer[]>((resolve) => {
    name = resolve;
  });
  const { made, wrtc } = watched(withLateIceServers(named));
  const peer = peerOf({ wrtc });
  const signals: PeerSignal[] = [];
  peer.begin({ ...quiet, onSignal: (signal) => signals.push(signal), onConnect: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([signals, made[0]?.iceGatheringState]).toEqual([[], 'new']);
  name(iceServers);
  await happened(() => expect(signals[0]?.type).toBe('offer'));
  expect(made[0]?.getConfiguration().iceServers).toMatchObject(iceServers);
});

test('late ICE servers work on a page that has wrapped RTCPeerConnection', async () => {
  const Native = RTCPeerConnection;
  const iceServers = [{ urls: ['stun:127.0.0.1:3478'] }];
  const made: RTCPeerConnection[] = [];
  vi.stubGlobal(
    'RTCPeerConnection',
    new Proxy(Native, {
      construct(_, args: [RTCConfiguration?]) {
        const connection = new Native(...args);
        made.push(connection);
        return connection;
      },
    }),
  );
  try {
    peerOf({ wrtc: withLateIceServers(Promise.resolve(iceServers)) });
  } finally {
    vi.unstubAllGlobals();
  }
  await happened(() => expect(made[0]?.localDescription?.type).toBe('offer'));
  expect(made[0]?.getConfiguration().iceServers).toMatchObject(iceServers);
});

test('a connection is closed if the browser refuses its late ICE servers', async () => {
  const peer = peerOf({ wrtc: withLateIceServers(Promise.resolve([{ urls: 'nonsense' }])) });
  await happened(() => expect(peer.isClosed).toBe(true));
});
