import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import type { Socket } from 'socket.io';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serverStatusSchema } from '../../shared/server-status.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { ManualServerClock } from '../test-clock.ts';
import { eventually, newSessionKey, TestBed } from '../test-server.ts';
import { LIMITS } from './limits.ts';
import { COUNTED, Transport, UNREAD_LIMITS } from './transport.ts';

const bed = new TestBed();
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await bed.end();
});

/** A client that speaks WebSocket and nothing above it. */
async function client(url: string, query = ''): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}socket.io/?EIO=4&transport=websocket${query}`);
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => {});
  return socket;
}

const connect = () =>
  `40${JSON.stringify({ protocolVersion: PROTOCOL_VERSION, sessionKey: newSessionKey(), role: 'gamer', name: 'n' })}`;
const nextMessage = (socket: WebSocket) =>
  new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
const isClosed = (socket: WebSocket) => () => socket.readyState === WebSocket.CLOSED;

async function status(url: string) {
  return serverStatusSchema.parse(await (await fetch(`${url}status.json`)).json());
}

test('one socket never has more than one session, whether a client connects again at once or leaves first', async () => {
  const { url } = await bed.server();
  const hasty = await client(url);
  for (let times = 0; times < 50; times++) hasty.send(connect());
  await eventually('it is dropped', isClosed(hasty));
  expect((await status(url)).now).toMatchObject({ sockets: 0, gamers: 1 });

  const leaving = await client(url);
  leaving.send(connect());
  await nextMessage(leaving);
  leaving.send('41');
  for (let times = 0; times < 50; times++) leaving.send(connect());
  await eventually('it is closed', isClosed(leaving));
  expect((await status(url)).now).toMatchObject({ sockets: 0, gamers: 2 });
});

test('what a client sends counts from its first byte on, whether or not it joins and whether or not it makes messages', async () => {
  const { url } = await bed.server({ limitFactor: 1 });
  const floods = [
    { sizeBytes: 60_000, send: (socket: WebSocket) => socket.send(`40/no-such-namespace,"${'x'.repeat(60_000)}"`) },
    { sizeBytes: 125, send: (socket: WebSocket) => socket.ping(Buffer.alloc(125)) },
  ];
  for (const { sizeBytes, send } of floods) {
    const socket = await client(url);
    for (let sentBytes = 0; sentBytes <= LIMITS.bytesPerSession; sentBytes += sizeBytes) send(socket);
    await eventually('it is dropped', isClosed(socket));
  }
  const refused = (await status(url)).refusals.find(({ event }) => event === 'bytes');
  expect(refused?.count).toBeGreaterThanOrEqual(2);
});

test('a client that has itself answered without reading the answers is dropped before much waits for it', async () => {
  const { url } = await bed.server();
  const unread: ((socket: WebSocket) => void)[] = [
    (socket) => socket.ping(Buffer.alloc(125)),
    (socket) => socket.send('40/no-such-namespace,'),
  ];
  for (const [index, send] of unread.entries()) {
    const socket = await client(url);
    socket.pause();
    await eventually('it is dropped', async () => {
      for (let times = 0; times < 5_000; times++) send(socket);
      const { now, refusals } = await status(url);
      return now.sockets === 0 && refusals.some(({ event, count }) => event === 'socket' && count === index + 1);
    });
  }
});

test('a client that leaves even little unread for long is dropped, one that reads late is not', () => {
  const clock = new ManualServerClock();
  const tcp = Object.assign(new EventEmitter(), { writableLength: 0, writableNeedDrain: false, destroy() {} });
  let closed = 0;
  const conn = Object.assign(new EventEmitter(), {
    request: { socket: tcp },
    transport: { name: 'websocket' },
    close: () => closed++,
  });
  new Transport(conn as unknown as Socket['conn'], [{ key: 'network', times: 1 }], {
    ...{ clock, limits: { spend: async () => {} }, metrics: { refused() {} }, log: pino({ level: 'silent' }) },
  });
  const pong = () => tcp.emit('data', Buffer.from('3'));
  Object.assign(tcp, { writableLength: 20_000, writableNeedDrain: true });
  pong();
  clock.advance(UNREAD_LIMITS.stallMs);
  pong();
  tcp.emit('drain');
  clock.advance(UNREAD_LIMITS.stallMs);
  pong();
  expect(closed).toBe(0);
  clock.advance(UNREAD_LIMITS.stallMs + 1);
  pong();
  pong();
  expect(closed).toBe(1);
});

test('what comes byte by byte is counted in few steps, as more than it is, and all of it, also of a client that leaves', () => {
  const clock = new ManualServerClock();
  const tcp = Object.assign(new EventEmitter(), { writableLength: 0, writableNeedDrain: false, destroy() {} });
  const conn = Object.assign(new EventEmitter(), { request: { socket: tcp }, transport: { name: 'websocket' } });
  const counted: number[] = [];
  new Transport(conn as unknown as Socket['conn'], [{ key: 'network', times: 1 }], {
    ...{ clock, metrics: { refused() {} }, log: pino({ level: 'silent' }) },
    limits: { spend: async (_, _sender, points = 1) => void counted.push(points) },
  });
  const send = (times: number) => {
    for (let n = 0; n < times; n++) tcp.emit('data', Buffer.from('x'));
  };
  send(COUNTED.bytes / 256 + 10);
  expect(counted).toEqual([COUNTED.bytes]);
  clock.advance(COUNTED.ms);
  expect(counted).toEqual([COUNTED.bytes, 2_560]);
  tcp.emit('data', Buffer.alloc(300));
  conn.emit('close');
  expect([counted, clock.pending]).toEqual([[COUNTED.bytes, 2_560, 300], 0]);
});

test('a message in hundreds of pieces ends its socket', async () => {
  const { url } = await bed.server();
  const socket = await client(url);
  socket.send('4', { fin: false });
  for (let pieces = 0; pieces < 200; pieces++) socket.send('x', { fin: false });
  await eventually('it is closed', isClosed(socket));
  expect((await status(url)).now.sockets).toBe(0);
});

test('a request for a connection that exists is refused, its owner’s too: a connection keeps its transport', async () => {
  const { url } = await bed.server();
  const page = bed.page(url);
  await page.join();
  const query = `&sid=${page.socket.io.engine.id}`;
  await expect(client(url, query)).rejects.toThrow('400');
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${url}socket.io/?EIO=4&transport=websocket${query}`, { method });
    expect(answer.status).toBe(400);
  }
  await page.caughtUp();
});
