import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { MAX_SENT_BYTES, probeThroughput, SENDING_MS } from './throughput-probe.ts';

const made: RTCPeerConnection[] = [];
afterEach(() => {
  made.length = 0;
});

/** Bytes that the channels of all connections sent. */
let sentBytes = 0;

function connect(configuration: RTCConfiguration): RTCPeerConnection {
  const connection = new RTCPeerConnection(configuration);
  const create = connection.createDataChannel.bind(connection);
  connection.createDataChannel = (...settings) => {
    const channel = create(...settings);
    const send = channel.send.bind(channel) as (data: ArrayBuffer) => void;
    channel.send = (data: unknown) => {
      const bytes = data as ArrayBuffer;
      sentBytes += bytes.byteLength;
      send(bytes);
    };
    return channel;
  };
  made.push(connection);
  return connection;
}

const options = { connect, clock: systemClock, iceServers: [], byRelay: false, limitMs: 20_000 };

test('a page measures both directions of a connection with itself, sends no more than the bound, and closes both ends', async () => {
  sentBytes = 0;
  const found = await probeThroughput(options);
  expect(found).toMatchObject({ result: 'works', path: 'direct' });
  if (found.result === 'works') expect(Math.min(found.upMbps, found.downMbps)).toBeGreaterThan(0);
  expect(sentBytes).toBeGreaterThan(0);
  expect(sentBytes).toBeLessThanOrEqual(2 * MAX_SENT_BYTES);
  expect(made.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed']);
});

test('where all its time passes between two messages it starts again once, then says how fast the next one came', async () => {
  let starts = 0;
  const hasty = {
    ...systemClock,
    after(delayMs: number, run: () => void) {
      if (delayMs !== SENDING_MS) return systemClock.after(delayMs, run);
      starts++;
      run();
      return () => {};
    },
  };
  const found = await probeThroughput({ ...options, clock: hasty });
  expect(found).toMatchObject({ result: 'works' });
  if (found.result === 'works') expect(Math.min(found.upMbps, found.downMbps)).toBeGreaterThan(0);
  expect(starts, 'twice in each direction').toBe(4);
});

test('a connection that does not open in time is given up and closed', async () => {
  const found = await probeThroughput({ ...options, byRelay: true, limitMs: 50 });
  expect(found).toEqual({ result: 'failed', path: 'relay', waitedMs: 50 });
  expect(made.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed']);
});

test('where there is no WebRTC it fails without an error', async () => {
  const broken = () => {
    throw new Error('no WebRTC');
  };
  expect(await probeThroughput({ ...options, connect: broken })).toEqual({
    result: 'failed',
    path: 'direct',
    waitedMs: null,
  });
});
