import { afterEach, describe, expect, test } from 'vitest';
import { CHUNK_HEADER_BYTES } from '../../shared/chunks.ts';
import { bare, encodeTransfer } from '../../shared/wire.ts';
import { FlowChannel } from './flow-channel.ts';
import { closeAll, end, LOSSY, type Note, note, noteSchema, SPEC, turn } from './test-channel.ts';
import { deliver, TestPort } from './test-port.ts';

afterEach(closeAll);

describe('arrivals', () => {
  const chunk = (payload: Uint8Array) => {
    const whole = new Uint8Array(CHUNK_HEADER_BYTES + payload.byteLength);
    whole.set([1, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    whole.set(payload, CHUNK_HEADER_BYTES);
    return whole.buffer;
  };
  const unknown = encodeTransfer([bare({ kind: 'unheard of' })])[0] ?? new Uint8Array();

  test.each<[string, unknown]>([
    ['text', 'hello'],
    ['a Blob', new Blob(['hello'])],
    ['nothing', new ArrayBuffer(0)],
    ['no chunk', new Uint8Array(100).fill(255).buffer],
    ['a chunk of garbage', chunk(new Uint8Array(100).fill(0xc1).fill(0, 0, 4))],
    ['a message of unknown kind', chunk(unknown)],
  ])('%s ends the channel, and only it, as malformed', (_, data) => {
    const [a, other] = [end(), end()];
    a.port.receive(data);
    expect(a.told).toEqual([expect.objectContaining({ name: 'MeshError', reason: 'malformed' })]);
    expect([a.port.closeCalls, a.channel.isClosed, other.channel.isClosed]).toEqual([1, true, false]);
    a.port.receive(data);
    expect(a.told, 'told once').toHaveLength(1);
  });

  test('a message after the owner closed the channel in the middle of an envelope is not delivered', async () => {
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
    await turn();
    deliver(a.port, port);
    expect(heard).toEqual([1]);
  });

  test('a lost chunk on a lossy channel costs its own transfer and no other', () => {
    const [a, b] = [end(LOSSY), end(LOSSY)];
    for (let id = 1; id <= 3; id++) expect(a.channel.trySendNow(note(id, 1_500), 100_000)).toBe(true);
    a.port.take();
    deliver(a.port, b.port);
    expect([b.ids(), b.lost(), b.channel.isClosed]).toEqual([[2, 3], 1, false]);
  });

  test('a transfer whose end never comes is given up by the next arrival after its time', () => {
    const [a, b] = [end({ ...LOSSY, ordered: false }), end({ ...LOSSY, ordered: false })];
    a.channel.trySendNow(note(1, 1_500), 100_000);
    b.port.receive(a.port.take()?.buffer);
    while (a.port.waiting.length > 0) a.port.take();
    b.time.nowMs = 101;
    a.channel.trySendNow(note(2), 100_000);
    deliver(a.port, b.port);
    expect([b.ids(), b.lost()]).toEqual([[2], 1]);
  });

  test('bytes are counted both ways, headers included', async () => {
    const [a, b] = [end(), end()];
    a.channel.send(note(1, 5_000));
    await turn();
    deliver(a.port, b.port);
    expect(a.channel.stats.bytesOut).toBeGreaterThan(5_000 + 5 * CHUNK_HEADER_BYTES);
    expect(b.channel.stats).toEqual({ bytesIn: a.channel.stats.bytesOut, bytesOut: 0 });
  });
});
