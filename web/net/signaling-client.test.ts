import type { Socket } from 'socket.io';
import { afterEach, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { RENEW_AFTER } from './ice-servers.ts';
import { SignalingClient } from './signaling-client.ts';
import type { SignalingEvent } from './signaling-session.ts';
import { SOCKET, stoppedByPolicy, unreachable } from './signaling-socket.ts';
import { id, introduction, JOINED, startSignalingServer } from './test-signaling-server.ts';

/** The client against foreign servers and other versions. The real server is covered by e2e/signaling-session.test.ts. */
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const JOIN = { protocolVersion: PROTOCOL_VERSION, sessionKey: id('k'), role: 'gamer' as const, name: 'ann' };
const offer = (sdp: string) => ({ type: 'offer' as const, sdp });

async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const server = await startSignalingServer(onConnection);
  endings.push(() => server.close());
  return server.url;
}

async function connect(url: string, clock: Clock = systemClock) {
  const events: SignalingEvent[] = [];
  const client = await SignalingClient.connect({
    url,
    join: () => JOIN,
    clock,
    onEvent: (event) => events.push(event),
  });
  endings.push(() => client.close());
  return { client, events };
}

const joinedWith = (answer: unknown) => (socket: Socket) => socket.emit('joined', answer);

test('events before the join’s answer are delivered, and so are the introductions in it', async () => {
  const second = { ...introduction, peerId: id('Q') };
  const url = await serve((socket) => {
    socket.emit('introduce', introduction);
    socket.emit('signal', { from: id('P'), attempt: 0, signal: offer('v=0') });
    socket.emit('joined', { ok: true, value: { ...JOINED, introductions: [second] } });
  });
  const { events } = await connect(url);
  expect(events).toEqual([
    { kind: 'introduced', introduction },
    { kind: 'signal', from: id('P'), attempt: 0, signal: offer('v=0') },
    { kind: 'introduced', introduction: second },
  ]);
});

test('every connect sends the join: first as requested, later for the joined room, with the current status', async () => {
  const joins: unknown[] = [];
  const url = await serve((socket) => {
    joins.push(socket.handshake.auth);
    joinedWith({ ok: true, value: { ...JOINED, inviteOnly: true } })(socket);
    if (joins.length === 1) setTimeout(() => socket.conn.close(), 20);
  });
  const wanted = { ...JOIN, role: 'volunteer' as const };
  let load = 0;
  const status = () => ({ load: load++, accepting: true, tasks: [], maxGamers: 1 });
  const client = await SignalingClient.connect({
    url,
    join: () => wanted,
    status,
    clock: systemClock,
    onEvent: () => {},
  });
  endings.push(() => client.close());
  await expect.poll(() => joins).toHaveLength(2);
  expect(joins).toEqual([
    { ...wanted, status: { load: 0, accepting: true, tasks: [], maxGamers: 1 } },
    {
      ...wanted,
      room: 'den',
      inviteOnly: true,
      invite: 'p',
      status: { load: 1, accepting: true, tasks: [], maxGamers: 1 },
    },
  ]);
});

test('an error in `join` fails the connect and leaves no socket', async () => {
  const sockets: Socket[] = [];
  const url = await serve((socket) => void sockets.push(socket));
  const wrong = new Error('no such room');
  const join = () => {
    throw wrong;
  };
  await expect(SignalingClient.connect({ url, join, clock: systemClock, onEvent: () => {} })).rejects.toBe(wrong);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sockets).toEqual([]);
});

test('a socket lost before the first answer means that the server is unreachable', async () => {
  const url = await serve((socket) => void socket.conn.close());
  await expect(connect(url)).rejects.toMatchObject({ name: 'MeshError', reason: 'signaling-unreachable' });
});

test('a server that never answers the join times out', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  endings.push(() => vi.useRealTimers());
  let connected = () => {};
  const taken = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const url = await serve(() => connected());
  let given: unknown;
  const joining = connect(url).catch((error: unknown) => {
    given = error;
  });
  await taken;
  // The client starts its timeout after it has processed the connection, a moment the test cannot observe.
  while (!given) {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(SOCKET.connectTimeoutMs / 10);
  }
  await joining;
  expect(given).toMatchObject({ name: 'MeshError', reason: 'signaling-unreachable' });
});

test.each([
  ['nothing', undefined],
  ['text', 'welcome'],
  ['neither success nor failure', { value: JOINED }],
  ['success without a value', { ok: true, value: null }],
  ['malformed introductions', { ok: true, value: { ...JOINED, introductions: [null] } }],
  ['a malformed id', { ok: true, value: { ...JOINED, id: '../etc' } }],
  ['an unknown refusal reason', { ok: false, error: { reason: 'mood', message: 'No.' } }],
])('a join answered with %s fails as malformed', async (_, answer) => {
  const url = await serve(joinedWith(answer));
  await expect(connect(url)).rejects.toMatchObject({ name: 'MeshError', reason: 'malformed' });
});

test('unknown or malformed events of a server are reported, and the session continues', async () => {
  let server: Socket | undefined;
  const url = await serve((socket) => {
    server = socket;
    joinedWith({ ok: true, value: JOINED })(socket);
  });
  const { client, events } = await connect(url);
  const nonsense: [string, unknown][] = [
    ['introduce', null],
    ['introduce', { ...introduction, peerId: 7 }],
    ['signal', { from: id('P'), attempt: 0, signal: { type: 'renegotiate' } }],
    ['signal', 'text'],
    ['gone', { peerId: id('P'), why: 'mood' }],
    ['gone', undefined],
  ];
  for (const [event, payload] of nonsense) server?.emit(event, payload);
  server?.emit('no such event', {});
  server?.emit('introduce', introduction);
  await expect.poll(() => events.at(-1)).toEqual({ kind: 'introduced', introduction });
  expect(events.slice(0, -1)).toMatchObject(nonsense.map(() => ({ kind: 'refused', error: { reason: 'malformed' } })));
  expect(client.state).toBe('online');
});

test('signals for a peer not yet introduced wait in order and within a limit, until that peer leaves', async () => {
  const signals: string[] = [];
  let server: Socket | undefined;
  const url = await serve((socket) => {
    server = socket;
    joinedWith({ ok: true, value: JOINED })(socket);
    socket.on('signal', ({ signal }, ack) => {
      signals.push(signal.sdp);
      ack({ ok: true, value: null });
    });
  });
  const { client, events } = await connect(url);
  client.signal(id('L'), 0, offer('for one that leaves'));
  server?.emit('gone', { peerId: id('L'), why: 'left' });
  await expect.poll(() => events).toHaveLength(1);
  for (let count = 0; count < SIGNALING.maxBufferedSignals + 2; count++) client.signal(id('P'), 0, offer(`${count}`));
  server?.emit('introduce', { ...introduction, peerId: id('L') });
  server?.emit('introduce', introduction);
  await expect.poll(() => signals).toHaveLength(SIGNALING.maxBufferedSignals);
  client.signal(id('P'), 0, offer('last'));
  await expect.poll(() => signals.at(-1)).toBe('last');
  const kept = Array.from({ length: SIGNALING.maxBufferedSignals }, (_, index) => `${index + 2}`);
  expect(signals).toEqual([...kept, 'last']);
});

test('a socket that died without saying so is replaced when the machine wakes, and one that answers is kept', async () => {
  const clock = new ManualClock();
  let joins = 0;
  let asked = 0;
  const url = await serve((socket) => {
    joins++;
    socket.emit('joined', { ok: true, value: JOINED });
    // The first one is dead.
    const isDead = joins === 1;
    socket.on('ice', (_, answer) => {
      asked++;
      if (!isDead) answer({ ok: true, value: { iceServers: [], iceValidS: null } });
    });
  });
  const { client, events } = await connect(url, clock);
  client.reconnectNow();
  await expect.poll(() => asked).toBe(1);
  clock.advance(SOCKET.probeTimeoutMs);
  await expect.poll(() => [joins, client.state]).toEqual([2, 'online']);
  expect(events.map((event) => event.kind === 'state' && event.state)).toEqual(['reconnecting', 'online']);
  client.reconnectNow();
  await expect.poll(() => asked).toBe(2);
  await expect.poll(() => clock.pending).toBe(0);
  expect(joins).toBe(2);
});

test('the client does not reconnect after the server ends the session on purpose', async () => {
  let connections = 0;
  const url = await serve((socket) => {
    connections++;
    joinedWith({ ok: true, value: JOINED })(socket);
    socket.on('leave', () => {});
    setTimeout(() => socket.disconnect(true), 50);
  });
  const { client, events } = await connect(url);
  await expect.poll(() => events.at(-2)).toMatchObject({ kind: 'ended', error: { reason: 'closed' } });
  await new Promise((resolve) => setTimeout(resolve, 2 * SOCKET.reconnectDelayMs));
  expect([client.state, connections]).toEqual(['closed', 1]);
});

test('a refused rejoin ends the session with the server’s reason', async () => {
  let joins = 0;
  const refusal = { ok: false, error: { reason: 'room-full', message: 'The room is full.' } };
  const url = await serve((socket) => {
    joins++;
    joinedWith(joins === 1 ? { ok: true, value: JOINED } : refusal)(socket);
    if (joins === 1) setTimeout(() => socket.conn.close(), 20);
  });
  const { client, events } = await connect(url);
  await expect.poll(() => client.state).toBe('closed');
  expect(events).toMatchObject([
    { kind: 'state', state: 'reconnecting' },
    { kind: 'ended', error: { name: 'MeshError', reason: 'room-full' } },
    { kind: 'state', state: 'closed' },
  ]);
  expect(joins).toBe(2);
});

test('credentials for the relay come with an introduction, and are renewed in time for new connections', async () => {
  const turn = (username: string) => [{ urls: 'turn:turn.example', username, credential: 'c' }];
  const url = await serve((socket) => {
    socket.on('ice', (_, acknowledge) =>
      acknowledge({ ok: true, value: { iceServers: turn('second'), iceValidS: 100 } }),
    );
    joinedWith({ ok: true, value: JOINED })(socket);
    const ice = { iceServers: turn('first'), iceValidS: 100 };
    socket.emit('introduce', { ...introduction, ice });
  });
  const clock = new ManualClock();
  const { client, events } = await connect(url, clock);
  await expect.poll(() => client.joined.iceServers).toEqual(turn('first'));
  clock.advance(100_000 * RENEW_AFTER);
  await expect.poll(() => client.joined.iceServers).toEqual(turn('second'));
  expect(client.joined.room).toBe('den');
  expect(events).toMatchObject([{ kind: 'introduced' }]);
  await client.close();
  expect(clock.pending).toBe(0);
});

test('a removed member is told the reason before the state changes, and does not rejoin', async () => {
  let sockets = 0;
  const url = await serve((socket) => {
    sockets++;
    joinedWith({ ok: true, value: JOINED })(socket);
    socket.emit('gone', { peerId: id('P'), why: 'removed' });
    socket.emit('gone', { peerId: JOINED.id, why: 'removed' });
    socket.disconnect(true);
  });
  const { client, events } = await connect(url);
  await expect.poll(() => client.state).toBe('closed');
  expect(events).toMatchObject([
    { kind: 'gone', peerId: id('P') },
    { kind: 'gone', peerId: JOINED.id },
    { kind: 'ended', error: { reason: 'not-invited', message: expect.stringMatching(/removed this machine/) } },
    { kind: 'state', state: 'closed' },
  ]);
  expect(sockets).toBe(1);
});

test('where the page itself is the cause, the error says so: its policy, or that it has no origin', () => {
  for (const url of ['https://play.example:8443/', 'wss://play.example:8443'])
    expect(stoppedByPolicy(url)).toMatchObject({
      reason: 'signaling-unreachable',
      message: expect.stringContaining('connect-src must allow https://play.example:8443 wss://play.example:8443'),
    });
  expect(unreachable('https://play.example').message).not.toContain('sandbox');
  vi.stubGlobal('origin', 'null');
  expect(unreachable('https://play.example').message).toContain('add allow-same-origin to the sandbox');
  vi.unstubAllGlobals();
});
