import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MeshError } from '../../../shared/errors.ts';
import type { StreamSetup } from '../../../shared/messages.ts';
import { ForwardedPort } from '../../net/transferable-channel.ts';
import { TEST_SETUP } from '../gamer/test-setup.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { StreamMemory } from './stream-memory.ts';
import { MAX_PENDING_SETUPS, MAX_STREAMS_PER_LINK, VolunteerStreams } from './volunteer-streams.ts';

const DETAIL = { base: 'bicubic', gain: 4, deadZone: 0.5 };
const SETUP: StreamSetup = { ...TEST_SETUP, streamId: 1 };

let streams: VolunteerStreams;
let far: MessagePort;
let closed: (MeshError | null)[];
/** Whether the browser carries detail unchanged. */
let carried: boolean;

beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  far = port2;
  closed = [];
  carried = true;
  streams = openStreams(port1, new StreamMemory());
});

afterEach(() => {
  streams.dispose();
  far.close();
});

function openStreams(port: MessagePort, memory: StreamMemory): VolunteerStreams {
  return new VolunteerStreams({
    port: new ForwardedPort(port),
    engine: canvasEngine,
    memory,
    now: () => performance.now(),
    carriesDetail: async () => carried,
    onFailed: () => {},
    onClosed: (error) => closed.push(error),
  });
}

test('a stream is opened, changed in place and closed, which frees its place', async () => {
  expect(await streams.setup(SETUP)).toBe('canvas');
  expect(await streams.setup({ ...SETUP, quality: 'bilinear', fps: 60 })).toBe('canvas');
  await expect(streams.setup({ ...SETUP, width: 32 })).rejects.toMatchObject({ reason: 'bad-input' });
  streams.close(1);
  expect(await streams.setup({ ...SETUP, width: 32 })).toBe('canvas');
});

test.each([
  ['an unknown codec', { codec: 'mpeg' }, 'bad-input'],
  ['an odd size', { width: 63 }, 'bad-input'],
  ['a result smaller than its source', { outWidth: 32 }, 'bad-input'],
  ['a result more than four times as large', { outWidth: 1_024 }, 'bad-input'],
])('%s is rejected', async (_, wrong, reason) => {
  await expect(streams.setup({ ...SETUP, ...wrong })).rejects.toMatchObject({ reason });
});

test('a codec in which this browser changes the values of detail is refused for detail alone, with a sentence', async () => {
  carried = false;
  await expect(streams.setup({ ...SETUP, detail: DETAIL })).rejects.toMatchObject({
    reason: 'unsupported-browser',
    message: expect.stringContaining('changes the values of detail when it encodes vp8'),
  });
  await expect(streams.setup(SETUP)).resolves.toBe('canvas');
  carried = true;
  await expect(streams.setup({ ...SETUP, streamId: 2, detail: DETAIL })).resolves.toBe('canvas');
});

test('the number of streams of one gamer is limited', async () => {
  for (let streamId = 0; streamId < MAX_STREAMS_PER_LINK; streamId++) await streams.setup({ ...SETUP, streamId });
  await expect(streams.setup({ ...SETUP, streamId: 99 })).rejects.toMatchObject({ reason: 'queue-full' });
  streams.close(0);
  await expect(streams.setup({ ...SETUP, streamId: 99 })).resolves.toBe('canvas');
});

test('streams of several gamers share one memory; one that does not fit is told what would, and fits once another is closed', async () => {
  // Of two such streams.
  const memory = new StreamMemory({ maxBytes: 750_000, maxBytesPerLink: 750_000 });
  const channels = [new MessageChannel(), new MessageChannel()];
  const [one, other] = channels.map(({ port1 }) => openStreams(port1, memory));
  for (const streamId of [1, 2]) await one?.setup({ ...SETUP, streamId });
  await expect(other?.setup(SETUP)).rejects.toMatchObject({
    reason: 'too-large',
    message: expect.stringContaining('From 28x16 it would fit.'),
  });
  one?.close(1);
  await expect(other?.setup(SETUP)).resolves.toBe('canvas');
  one?.dispose();
  await expect(other?.setup({ ...SETUP, streamId: 2 })).resolves.toBe('canvas');
  other?.dispose();
  for (const { port2 } of channels) port2.close();
});

test('a stream that is closed while it is being opened stays closed', async () => {
  const opening = streams.setup(SETUP);
  streams.close(SETUP.streamId);
  await expect(opening).rejects.toMatchObject({ reason: 'cancelled' });
});

test('streams that are opened and closed over and over wait for the browser in bounded number', async () => {
  const openings = Array.from({ length: MAX_PENDING_SETUPS + 1 }, (_, streamId) => {
    const opening = streams.setup({ ...SETUP, streamId });
    streams.close(streamId);
    return opening.catch(({ reason }: MeshError) => reason);
  });
  const reasons = await Promise.all(openings);
  expect(reasons.at(-1)).toBe('queue-full');
  expect(new Set(reasons.slice(0, -1))).toEqual(new Set(['cancelled']));
});

test('a malformed message closes the channel with a reason', async () => {
  far.postMessage({ kind: 'state', readyState: 'open' });
  far.postMessage({ kind: 'message', data: new Uint8Array([1, 2, 3]).buffer });
  await expect.poll(() => closed[0]).toMatchObject({ reason: 'malformed' });
  await expect(streams.setup(SETUP)).rejects.toMatchObject({ reason: 'closed' });
});
