import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ImpairedRelay } from './impaired-relay.mjs';

const HOST = '127.0.0.1';

let endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.reverse()) await end();
  endings = [];
});

test('answers return to their sender, delayed in both directions', async () => {
  const relay = await echoBehind({ delayMs: 30, loss: 0, queueBytes: 10_000 });
  const [one, other] = [await newSocket(), await newSocket()];
  const sentMs = performance.now();
  const answers = [answerTo(one), answerTo(other)];
  one.send('one', relay.port, HOST);
  other.send('other', relay.port, HOST);
  expect(await Promise.all(answers)).toEqual(['one', 'other']);
  expect(performance.now() - sentMs).toBeGreaterThan(58);
});

test('the same seed gives the same losses', async () => {
  const lost = [];
  for (const seed of [7, 7, 8]) {
    const relay = await echoBehind({ delayMs: 0, loss: 0.2, queueBytes: 10_000, seed });
    const socket = await newSocket();
    const came: number[] = [];
    socket.on('message', (data) => came.push(data.readUInt8()));
    for (let index = 0; index < 100; index++) socket.send(Uint8Array.of(index), relay.port, HOST);
    await expect.poll(() => relay.counts.up.carried + relay.counts.up.lost).toBe(100);
    await expect.poll(() => relay.counts.down.carried + relay.counts.down.lost).toBe(relay.counts.up.carried);
    await expect.poll(() => came.length).toBe(relay.counts.down.carried);
    lost.push(came.join());
    expect(relay.counts.up.lost).toBeGreaterThan(5);
    expect(relay.counts.up.lost).toBeLessThan(40);
  }
  expect(lost[0]).toBe(lost[1]);
  expect(lost[0]).not.toBe(lost[2]);
});

test('throttled, it passes no more than its rate and queues no more than its limit', async () => {
  const relay = await echoBehind({ delayMs: 0, loss: 0, queueBytes: 5_000 });
  const socket = await newSocket();
  let came = 0;
  socket.on('message', () => came++);
  const startMs = performance.now();
  relay.squeeze(80);
  // Ten bytes a millisecond: five datagrams wait half a second in the queue, the others find it full.
  for (let index = 0; index < 20; index++) socket.send(new Uint8Array(1_000), relay.port, HOST);
  await sleep(250);
  // A busy machine may have slept for longer.
  expect(came * 1_000).toBeLessThanOrEqual(10 * (performance.now() - startMs));
  await expect.poll(() => came + relay.counts.up.overflowed).toBe(20);
  expect(relay.counts.up.overflowed).toBeGreaterThan(10);
  came = 0;
  relay.squeeze(null);
  for (let index = 0; index < 20; index++) socket.send(new Uint8Array(1_000), relay.port, HOST);
  await expect.poll(() => came).toBe(20);
});

/** A relay in front of a server that echoes. */
async function echoBehind(impairment: Parameters<typeof ImpairedRelay.start>[1]) {
  const server = await newSocket();
  server.on('message', (data, { address, port }) => server.send(data, port, address));
  const relay = await ImpairedRelay.start(server.address().port, impairment);
  endings.push(() => relay.stop());
  return relay;
}

async function newSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  endings.push(() => socket.close());
  return socket;
}

async function answerTo(socket: Socket): Promise<string> {
  const [data] = await once(socket, 'message');
  return String(data);
}
