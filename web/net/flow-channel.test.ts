import { afterEach, describe, expect, test } from 'vitest';
import { CHANNELS } from '../../shared/channels.ts';
import { CHUNK_HEADER_BYTES } from '../../shared/chunks.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { encodeTransfer, withoutAttachments } from '../../shared/wire.ts';
import { FlowChannel, MAX_QUEUED_BYTES } from './flow-channel.ts';
import { closeAll, deliver, end, LOSSY, type Note, note, noteSchema, SPEC, TestPort, ticks } from './test-channel.ts';

afterEach(closeAll);

describe('sending', () => {
  test('messages of one tick share an envelope, including those sent in its microtasks', async () => {
    const [a, b] = [end(), end()];
    a.channel.send(note(1));
    await Promise.resolve();
    a.channel.send(note(2));
    queueMicrotask(() => a.channel.send(note(3, 10)));
    await ticks();
    expect(a.port.waiting).toHaveLength(1);
    a.channel.send(note(4));
    await ticks();
    expect(deliver(a.port, b.port)).toBe(2);
    expect(b.heard).toEqual([note(1), note(2), note(3, 10), note(4)]);
  });

  test('more messages than an envelope can hold are sent in several envelopes', async () => {
    const [a, b] = [end(), end()];
    const count = TRANSFER.maxMessagesPerEnvelope * 2 + 1;
    for (let id = 0; id < count; id++) a.channel.send(note(id));
    await ticks();
    deliver(a.port, b.port);
    expect(b.ids().toSorted((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(b.told).toEqual(['open']);
  });

  test('a small message overtakes a large one in transit', async () => {
    const [a, b] = [end(), end()];
    a.channel.send(note(1, 500_000));
    await ticks();
    a.channel.send(note(2));
    await ticks();
    deliver(a.port, b.port);
    expect(b.ids()).toEqual([2, 1]);
    expect(b.heard).toContainEqual(note(1, 500_000));
  });

  test('a large message does not delay a small one of the same tick', async () => {
    const [a, b] = [end(), end()];
    a.channel.send(note(1, 500_000));
    a.channel.send(note(2));
    await ticks();
    deliver(a.port, b.port);
    expect(b.ids()).toEqual([2, 1]);
  });

  test('a channel without interleaving keeps the order', async () => {
    const [a, b] = [end({ ...SPEC, interleavedTransfers: 1 }), end()];
    for (const [id, sizeBytes] of [30_000, 0, 200_000, 7].entries()) a.channel.send(note(id, sizeBytes));
    await ticks();
    deliver(a.port, b.port);
    expect(b.ids()).toEqual([0, 1, 2, 3]);
  });

  test('the browser’s queue never exceeds the high-water mark by more than a chunk, and is refilled when it runs low', async () => {
    const [a, b] = [end(), end()];
    for (let id = 0; id < 9; id++) a.channel.send(note(id, 50_000));
    await ticks();
    expect(a.port.waiting.length).toBeGreaterThan(1);
    deliver(a.port, b.port);
    expect(b.heard).toHaveLength(9);
    expect(a.port.highestBufferedAmount).toBeLessThanOrEqual(
      SPEC.highWaterBytes + SPEC.chunkBytes + CHUNK_HEADER_BYTES,
    );
    expect(a.channel.queuedBytes).toBe(0);
  });

  test('queuedBytes counts everything accepted but not yet sent, at every stage', async () => {
    const { channel, port } = end();
    channel.send(note(1, 100_000));
    expect(channel.queuedBytes).toBeGreaterThanOrEqual(100_000);
    await ticks();
    expect(channel.queuedBytes).toBeGreaterThanOrEqual(100_000);
    port.take();
    expect(channel.queuedBytes).toBeLessThan(100_000);
  });

  test('messages sent before the channel opens wait for it', async () => {
    const port = new TestPort();
    port.readyState = 'connecting';
    const [a, b] = [end(SPEC, port), end()];
    a.channel.send(note(1));
    await ticks();
    expect([port.waiting.length, a.told]).toEqual([0, []]);
    port.readyState = 'open';
    port.fire('open');
    expect(a.told).toEqual(['open']);
    deliver(port, b.port);
    expect(b.ids()).toEqual([1]);
  });

  test('a message over the transfer limit is too large, and the channel survives', async () => {
    const { channel, port } = end();
    const huge = { message: note(1).message, attachments: [new Uint8Array(TRANSFER.maxTransferBytes + 1)] };
    expect(() => channel.send(huge)).toThrow(expect.objectContaining({ reason: 'too-large' }));
    channel.send(note(2));
    await ticks();
    expect(port.waiting).toHaveLength(1);
  });

  test('beyond its limit the queue is full until it has drained', async () => {
    const { channel, port } = end({
      ...SPEC,
      chunkBytes: 1_000_000,
      highWaterBytes: 2_000_000,
      lowWaterBytes: 1_000_000,
    });
    // All messages share the same bytes, since the queue holds references.
    const attachments = [new Uint8Array(TRANSFER.maxTransferBytes)];
    const large = { message: note(1).message, attachments };
    const fits = Math.floor(MAX_QUEUED_BYTES / TRANSFER.maxTransferBytes);
    for (let count = 0; count < fits; count++) channel.send(large);
    expect(() => channel.send(large)).toThrow(expect.objectContaining({ reason: 'queue-full' }));
    await ticks();
    while (port.waiting.length > 0) port.take();
    expect(() => channel.send(large)).not.toThrow();
  });
});

describe('trySendNow', () => {
  test('a frame is sent at once, or not at all if too much is waiting', () => {
    const { channel, port } = end(LOSSY);
    expect(channel.trySendNow(note(1, 2_500), 3_000)).toBe(true);
    expect(port.waiting).toHaveLength(3);
    expect(channel.trySendNow(note(2, 2_500), 3_000)).toBe(true);
    expect(channel.trySendNow(note(3), 3_000)).toBe(false);
    while (port.waiting.length > 0) port.take();
    expect(channel.trySendNow(note(4), 3_000)).toBe(true);
  });

  test('before the channel opens and after it closes, a frame is refused and not queued', () => {
    const port = new TestPort();
    port.readyState = 'connecting';
    const { channel } = end(LOSSY, port);
    expect(channel.trySendNow(note(1), 3_000)).toBe(false);
    expect(channel.queuedBytes).toBe(0);
    channel.close();
    expect(channel.trySendNow(note(1), 3_000)).toBe(false);
  });
});

describe('closing', () => {
  test('closing twice has no further effect; nothing is sent, reported or queued afterwards', async () => {
    const { channel, port, told } = end();
    channel.send(note(1, 90_000));
    channel.close();
    channel.close();
    port.fire('close');
    port.fire('error');
    port.fire('open');
    await ticks();
    expect([told, port.closeCalls, port.waiting.length, channel.queuedBytes]).toEqual([[null], 1, 0, 0]);
    expect(() => channel.send(note(2))).toThrow(expect.objectContaining({ reason: 'closed' }));
  });

  test('a close by the other side is no error; a broken channel reports `connection-failed`', () => {
    const [left, broken] = [end(), end()];
    left.port.fire('close');
    broken.port.fire('error');
    expect(left.told).toEqual([null]);
    expect(broken.told).toEqual([expect.objectContaining({ reason: 'connection-failed' })]);
  });

  test('a chunk refused by the browser ends the channel with the cause, since its transfer would have a gap', async () => {
    const { channel, port, told } = end();
    await ticks();
    port.fault = new Error('the queue is full');
    channel.send(note(1, 90_000));
    await ticks();
    expect(told).toEqual(['open', expect.objectContaining({ reason: 'connection-failed', cause: port.fault })]);
    expect([port.closeCalls, channel.queuedBytes]).toEqual([1, 0]);
  });

  test('a closing channel sends nothing more, without an error', async () => {
    const { channel, port, told } = end();
    await ticks();
    port.readyState = 'closing';
    channel.send(note(1));
    await ticks();
    expect([port.waiting.length, told]).toEqual([0, ['open']]);
  });
});

test('the channels of a link have distinct ids, and watermarks and chunk sizes that browsers support', () => {
  const specs = Object.values(CHANNELS);
  expect(new Set(specs.map(({ id }) => id)).size).toBe(specs.length);
  for (const { chunkBytes, highWaterBytes, lowWaterBytes } of specs) {
    expect(chunkBytes + CHUNK_HEADER_BYTES).toBeLessThanOrEqual(262_144);
    expect(lowWaterBytes).toBeLessThan(highWaterBytes);
    expect(highWaterBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  }
});

describe('arrivals', () => {
  const chunk = (payload: Uint8Array) => {
    const whole = new Uint8Array(CHUNK_HEADER_BYTES + payload.byteLength);
    whole.set([1, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    whole.set(payload, CHUNK_HEADER_BYTES);
    return whole.buffer;
  };
  const unknown = encodeTransfer([withoutAttachments({ kind: 'unheard of' })])[0] ?? new Uint8Array();

  test.each<[string, unknown]>([
    ['text', 'hello'],
    ['a Blob', new Blob(['hello'])],
    ['an empty message', new ArrayBuffer(0)],
    ['bytes without a chunk header', new Uint8Array(100).fill(255).buffer],
    ['a chunk of garbage', chunk(new Uint8Array(100).fill(0xc1).fill(0, 0, 4))],
    ['a message of unknown kind', chunk(unknown)],
  ])('%s ends this channel, and no other, as malformed', (_, data) => {
    const [a, other] = [end(), end()];
    a.port.receive(data);
    expect(a.told).toEqual([expect.objectContaining({ name: 'MeshError', reason: 'malformed' })]);
    expect([a.port.closeCalls, a.channel.isClosed, other.channel.isClosed]).toEqual([1, true, false]);
    a.port.receive(data);
    expect(a.told, 'told once').toHaveLength(1);
  });

  test('messages of an envelope are not delivered after the owner closes the channel', async () => {
    const port = new TestPort();
    const heard: number[] = [];
    const onMessage = ({ message }: { message: Note }) => {
      heard.push(message.id);
      channel.close();
    };
    const channel: FlowChannel<Note> = new FlowChannel(port, SPEC, noteSchema, { onMessage }, () => 0);
    const a = end();
    a.channel.send(note(1));
    a.channel.send(note(2));
    await ticks();
    deliver(a.port, port);
    expect(heard).toEqual([1]);
  });

  test('a lost chunk on a lossy channel loses its own transfer and no other', () => {
    const [a, b] = [end(LOSSY), end(LOSSY)];
    for (let id = 1; id <= 3; id++) expect(a.channel.trySendNow(note(id, 1_500), 100_000)).toBe(true);
    a.port.take();
    deliver(a.port, b.port);
    expect([b.ids(), b.lost(), b.channel.isClosed]).toEqual([[2, 3], 1, false]);
  });

  test('an incomplete transfer is dropped at the first arrival after its time limit', () => {
    const [a, b] = [end({ ...LOSSY, ordered: false }), end({ ...LOSSY, ordered: false })];
    a.channel.trySendNow(note(1, 1_500), 100_000);
    b.port.receive(a.port.take()?.buffer);
    while (a.port.waiting.length > 0) a.port.take();
    b.time.nowMs = 101;
    a.channel.trySendNow(note(2), 100_000);
    deliver(a.port, b.port);
    expect([b.ids(), b.lost()]).toEqual([[2], 1]);
  });

  test('bytes are counted in both directions, including headers', async () => {
    const [a, b] = [end(), end()];
    a.channel.send(note(1, 5_000));
    await ticks();
    deliver(a.port, b.port);
    expect(a.channel.stats.bytesOut).toBeGreaterThan(5_000 + 5 * CHUNK_HEADER_BYTES);
    expect(b.channel.stats).toEqual({ bytesIn: a.channel.stats.bytesOut, bytesOut: 0 });
  });
});
