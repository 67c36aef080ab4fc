import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterEach, expect, test, vi } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { SIGNALING } from '../../shared/tuning.ts';
import { SignalingClient, type SignalingEvent } from './signaling-client.ts';

/** What a client makes of a server that is not ours, or of another version. Against a real one: e2e/signaling-session.test.ts. */
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const id = (letter: string) => letter.repeat(22);
const JOINED = { id: id('M'), room: 'den', inviteOnly: false, pass: 'p', iceServers: [], resumed: false };
const introduction = { peerId: id('P'), name: 'peer', role: 'volunteer', initiate: true, score: 0.5 };
const offer = (sdp: string) => ({ type: 'offer' as const, sdp });

async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'] });
  server.on('connection', onConnection);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  endings.push(() => server.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}

async function connect(url: string) {
  const events: SignalingEvent[] = [];
  const client = await SignalingClient.connect({
    url,
    join: { protocolVersion: PROTOCOL_VERSION, sessionKey: id('k'), role: 'gamer', name: 'ann' },
    onEvent: (event) => events.push(event),
  });
  endings.push(() => client.close());
  return { client, events };
}

const joinedWith = (answer: unknown) => (socket: Socket) =>
  socket.on('join', (_, ack: (answer: unknown) => void) => ack(answer));

test('an introduction that comes before the join’s answer is not lost', async () => {
  const url = await serve((socket) =>
    socket.on('join', (_, ack) => {
      socket.emit('introduce', introduction);
      socket.emit('signal', { from: id('P'), attempt: 0, signal: offer('v=0') });
      ack({ ok: true, value: JOINED });
    }),
  );
  const { events } = await connect(url);
  expect(events).toEqual([
    { kind: 'introduced', introduction },
    { kind: 'signal', from: id('P'), attempt: 0, signal: offer('v=0') },
  ]);
});

test.each([
  ['nothing', undefined],
  ['text', 'welcome'],
  ['neither yes nor no', { value: JOINED }],
  ['a yes without a place', { ok: true, value: null }],
  ['an id that is none', { ok: true, value: { ...JOINED, id: '../etc' } }],
  ['a no for a reason nobody knows', { ok: false, error: { reason: 'mood', message: 'No.' } }],
])('a join answered with %s fails as malformed', async (_, answer) => {
  const url = await serve(joinedWith(answer));
  await expect(connect(url)).rejects.toMatchObject({ name: 'MeshError', reason: 'malformed' });
});

test('whatever else a server says is refused, and the session goes on', async () => {
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
  await vi.waitFor(() => expect(events.at(-1)).toEqual({ kind: 'introduced', introduction }), { timeout: 10_000 });
  expect(events.slice(0, -1)).toMatchObject(nonsense.map(() => ({ kind: 'refused', error: { reason: 'malformed' } })));
  expect(client.state).toBe('online');
});

test('signals for somebody not introduced yet wait in order and within bounds, and not beyond a farewell', async () => {
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
  await vi.waitFor(() => expect(events).toHaveLength(1));
  for (let count = 0; count < SIGNALING.maxBufferedSignals + 2; count++) client.signal(id('P'), 0, offer(`${count}`));
  server?.emit('introduce', { ...introduction, peerId: id('L') });
  server?.emit('introduce', introduction);
  await vi.waitFor(() => expect(signals).toHaveLength(SIGNALING.maxBufferedSignals), { timeout: 10_000 });
  client.signal(id('P'), 0, offer('last'));
  await vi.waitFor(() => expect(signals.at(-1)).toBe('last'), { timeout: 10_000 });
  const kept = Array.from({ length: SIGNALING.maxBufferedSignals }, (_, index) => `${index + 2}`);
  expect(signals).toEqual([...kept, 'last']);
});

test('a server that ends the session on purpose is not asked again', async () => {
  let connections = 0;
  const url = await serve((socket) => {
    connections++;
    joinedWith({ ok: true, value: JOINED })(socket);
    socket.on('leave', () => {});
    setTimeout(() => socket.disconnect(true), 50);
  });
  const { client, events } = await connect(url);
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'ended', error: { reason: 'closed' } }), {
    timeout: 10_000,
  });
  await new Promise((resolve) => setTimeout(resolve, 2 * SIGNALING.reconnectDelayMs));
  expect([client.state, connections]).toEqual(['closed', 1]);
});

test('a server that says no when we come back has ended the session, with its reason', async () => {
  let joins = 0;
  const refusal = { ok: false, error: { reason: 'room-full', message: 'The room is full.' } };
  const url = await serve((socket) =>
    socket.on('join', (_, ack) => {
      joins++;
      ack(joins === 1 ? { ok: true, value: JOINED } : refusal);
      if (joins === 1) setTimeout(() => socket.conn.close(), 20);
    }),
  );
  const { client, events } = await connect(url);
  await vi.waitFor(() => expect(client.state).toBe('closed'), { timeout: 10_000 });
  expect(events).toMatchObject([
    { kind: 'state', state: 'reconnecting' },
    { kind: 'state', state: 'closed' },
    { kind: 'ended', error: { name: 'MeshError', reason: 'room-full' } },
  ]);
  expect(joins).toBe(2);
});
