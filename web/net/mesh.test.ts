import type { Socket } from 'socket.io';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import type { LinkEvent } from './link-environment.ts';
import { Mesh, type MeshJoinOptions } from './mesh.ts';
import { CONNECT_TIMEOUT_MS } from './peer.ts';
import { id, introduction, JOINED, startSignalingServer } from './test-signaling-server.ts';

/** The fate of the connection that a gamer prepares while it joins. Connecting it is tested in peer.browser.test.ts. */
class IdleConnection extends EventTarget {
  static made: IdleConnection[] = [];
  signalingState = 'stable';
  localDescription: RTCSessionDescriptionInit | null = null;

  constructor(readonly configuration: RTCConfiguration = {}) {
    super();
    IdleConnection.made.push(this);
  }

  createDataChannel() {
    return Object.assign(new EventTarget(), { readyState: 'connecting', close() {} });
  }

  async createOffer() {
    return { type: 'offer', sdp: 'v=0' };
  }

  getConfiguration() {
    return {};
  }

  setConfiguration() {}

  async setLocalDescription(description: RTCSessionDescriptionInit) {
    this.localDescription = description;
  }

  close() {
    this.signalingState = 'closed';
  }
}

const endings: (() => unknown)[] = [];
beforeEach(() => {
  IdleConnection.made = [];
  for (const name of ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate']) {
    vi.stubGlobal(name, IdleConnection);
  }
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  vi.unstubAllGlobals();
});

const introductions = [introduction, { ...introduction, peerId: id('Q') }];

async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const server = await startSignalingServer(onConnection);
  endings.push(() => server.close());
  return server.url;
}

const answering = (answer: unknown) =>
  serve((socket) => {
    socket.emit('joined', answer);
    socket.on('leave', (_, acknowledge) => acknowledge({ ok: true, value: null }));
  });

async function join(options: Pick<MeshJoinOptions, 'url'> & Partial<MeshJoinOptions>): Promise<Mesh> {
  const mesh = await Mesh.join({
    role: 'gamer',
    name: 'ann',
    iceServers: [],
    clock: systemClock,
    random: () => 0.5,
    capabilities: () => null,
    attachChannels: () => () => {},
    onEvent: () => {},
    ...options,
  });
  endings.push(() => mesh.close());
  return mesh;
}

/** Signaling states of all connections, after the microtask in which simple-peer closes them. */
const states = async () => {
  await new Promise((resolve) => setTimeout(resolve));
  return IdleConnection.made.map(({ signalingState }) => signalingState);
};

test('a gamer’s first volunteer gets the connection prepared during the join, the next one a new connection', async () => {
  await join({ url: await answering({ ok: true, value: { ...JOINED, introductions } }) });
  expect(await states()).toEqual(['stable', 'stable']);
});

test('without a volunteer, the prepared connection is closed', async () => {
  await join({ url: await answering({ ok: true, value: JOINED }) });
  expect(await states()).toEqual(['closed']);
});

test.each<[string, unknown, Partial<MeshJoinOptions>]>([
  ['not-invited', { ok: false, error: { reason: 'not-invited', message: 'No.' } }, {}],
  ['bad-input', null, { room: ' ' }],
  ['connection-failed', { ok: true, value: JOINED }, { relayOnly: true }],
])('the prepared connection is closed if the join fails: %s', async (reason, answer, options) => {
  const url = await answering(answer);
  await expect(join({ url, ...options })).rejects.toMatchObject({ name: 'MeshError', reason });
  expect(await states()).toEqual(['closed']);
});

test('after a gamer hides its address, all new connections go through relays only', async () => {
  let socket: Socket | undefined;
  const url = await serve((connected) => {
    socket = connected;
    connected.emit('joined', { ok: true, value: { ...JOINED, introductions: introductions.slice(0, 1) } });
    connected.on('leave', (_, acknowledge) => acknowledge({ ok: true, value: null }));
  });
  const clock = new ManualClock();
  const mesh = await join({ url, clock });
  mesh.setRelayOnly(true);
  socket?.emit('introduce', introductions[1]);
  await expect.poll(() => mesh.links.size).toBe(2);
  const policies = () => IdleConnection.made.map(({ configuration }) => configuration.iceTransportPolicy);
  expect(policies()).toEqual(['all', 'relay']);

  // Both are opened again: who was met through a relay still is, though the others may now be met directly.
  mesh.setRelayOnly(false);
  clock.advance(CONNECT_TIMEOUT_MS);
  await expect
    .poll(() => {
      clock.advance(CONNECT_TIMEOUT_MS / 10);
      return policies().slice(2, 4).sort();
    })
    .toEqual(['all', 'relay']);
});

test('a suspended member keeps no connection and no link, and is linked again when it resumes', async () => {
  const url = await answering({ ok: true, value: { ...JOINED, introductions } });
  const mesh = await join({ url });
  expect(mesh.links.size).toBe(2);
  mesh.suspend();
  expect([mesh.links.size, mesh.state]).toEqual([0, 'reconnecting']);
  expect(await states()).toEqual(['closed', 'closed']);
  mesh.resume();
  await expect.poll(() => [mesh.links.size, mesh.state]).toEqual([2, 'online']);
});

test('a link that never opened ends with the other side’s session', async () => {
  let socket: Socket | undefined;
  const url = await serve((connected) => {
    socket = connected;
    connected.emit('joined', { ok: true, value: { ...JOINED, introductions } });
    connected.on('leave', (_, acknowledge) => acknowledge({ ok: true, value: null }));
  });
  const mesh = await join({ url });
  socket?.emit('gone', { peerId: introductions[0]?.peerId, why: 'expired' });
  await expect.poll(() => mesh.links.size).toBe(1);
});

test('a volunteer prepares no connection before it is introduced', async () => {
  await join({ url: await answering({ ok: true, value: JOINED }), role: 'volunteer' });
  expect(await states()).toEqual([]);
});

const RELAY = [{ urls: ['turns:turn.example'], username: 'u', credential: 'c' }];

test.each<[string, RTCIceServer[], RegExp, number?]>([
  ['only STUN', [{ urls: 'stun:stun.example' }], /no TURN relay.*TURN_URLS and TURN_SECRET.*docs\/hosting\.md/],
  ['a relay', RELAY, /not even through the TURN relay/],
  ['a relay that has reached a quota', RELAY, /has no address left for this browser.*Close other/, 486],
])(
  'a gamer that finds no path to a volunteer is told what is missing; the server names %s',
  async (_, iceServers, lacking, errorCode) => {
    const clock = new ManualClock();
    const events: LinkEvent[] = [];
    const url = await answering({
      ok: true,
      value: { ...JOINED, iceServers, introductions: introductions.slice(0, 1) },
    });
    await join({
      url,
      clock,
      iceServers: undefined,
      onEvent: (event) => {
        if (event.kind === 'linked') event.link.events.add((change) => events.push(change));
      },
    });
    const [connection] = IdleConnection.made;
    if (errorCode) connection?.dispatchEvent(Object.assign(new Event('icecandidateerror'), { errorCode }));
    clock.advance(CONNECT_TIMEOUT_MS);
    const reason = { reason: 'connection-failed', message: expect.stringMatching(lacking) };
    expect(events).toMatchObject([{ kind: 'lost', error: reason }]);
  },
);

test('a page without WebRTC tells the server that it works alone, and no other page does', async () => {
  const told: unknown[] = [];
  const url = await serve((socket) => {
    told.push(socket.handshake.auth.worksAlone);
    socket.emit('joined', { ok: true, value: JOINED });
    socket.on('leave', (_, acknowledge) => acknowledge({ ok: true, value: null }));
  });
  await join({ url, worksAlone: true });
  vi.stubGlobal('RTCPeerConnection', undefined);
  await join({ url, worksAlone: true });
  expect(told).toEqual([undefined, true]);
});
