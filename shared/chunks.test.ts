import { expect, test } from 'vitest';
import { CHUNK_HEADER_BYTES, Reassembler, splitTransfer } from './chunks.ts';
import { TRANSFER } from './protocol-limits.ts';

const CHUNK_BYTES = 10;

/** Bytes 0, 1, 2, ... so that a misplaced chunk is detected. */
const counted = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);
const split = (id: number, sizeBytes: number) => [...splitTransfer(id, [counted(sizeBytes)], CHUNK_BYTES)];

function reassembler(options: Partial<ConstructorParameters<typeof Reassembler>[0]> = {}) {
  const lost: number[] = [];
  const whole = new Reassembler({ chunkBytes: CHUNK_BYTES, onLost: (ids) => lost.push(...ids), ...options });
  return { whole, lost, push: (chunk: Uint8Array | undefined, nowMs = 0) => whole.push(chunk ?? counted(0), nowMs) };
}

/** A chunk with any header. */
function forge({ version = 1, kind = 1, reserved = 0, id = 1, index = 0, count = 1, payloadBytes = CHUNK_BYTES }) {
  const chunk = new Uint8Array(CHUNK_HEADER_BYTES + payloadBytes);
  const view = new DataView(chunk.buffer);
  view.setUint8(0, version);
  view.setUint8(1, kind);
  view.setUint16(2, reserved, true);
  view.setUint32(4, id, true);
  view.setUint32(8, index, true);
  view.setUint32(12, count, true);
  return chunk;
}

test('a transfer of any size is reassembled from chunks in any order', () => {
  for (const sizeBytes of [0, 1, 9, 10, 11, 20, 95]) {
    const chunks = split(7, sizeBytes);
    const orders = [chunks, chunks.toReversed(), chunks.toSorted((a, b) => ((a[8] ?? 0) % 3) - ((b[8] ?? 0) % 3))];
    for (const order of orders) {
      const { whole, push } = reassembler();
      const results = order.map((chunk) => push(chunk));
      expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
      expect(results.at(-1)).toEqual(counted(sizeBytes));
      expect(whole.unfinished).toBe(0);
    }
  }
});

test('a transfer of several byte ranges, including empty ones, arrives as one', () => {
  const parts = [counted(3), counted(0), counted(25), counted(0), counted(1)];
  const { push } = reassembler();
  const results = [...splitTransfer(1, parts, CHUNK_BYTES)].map((chunk) => push(chunk));
  expect(results.at(-1)).toEqual(Uint8Array.from(parts.flatMap((part) => [...part])));
});

test('the chunks of several transfers may be interleaved', () => {
  const { push } = reassembler();
  const [one, two] = [split(1, 25), split(2, 15)];
  expect([one[2], two[1], one[0]].map((chunk) => push(chunk))).toEqual([null, null, null]);
  expect(push(two[0])).toEqual(counted(15));
  expect(push(one[1])).toEqual(counted(25));
});

test('chunks are created on demand, so that a large transfer is not held twice', () => {
  const part = counted(20);
  const chunks = splitTransfer(1, [part], CHUNK_BYTES);
  chunks.next();
  part[10] = 99;
  expect(chunks.next().value?.[CHUNK_HEADER_BYTES]).toBe(99);
});

test.each([
  ['a truncated header', counted(CHUNK_HEADER_BYTES - 1)],
  ['another version', forge({ version: 2 })],
  ['another kind', forge({ kind: 9 })],
  ['a reserved field in use', forge({ reserved: 1 })],
  ['a count of 0', forge({ count: 0 })],
  ['an index past the count', forge({ index: 2, count: 2 })],
  ['too large a payload', forge({ payloadBytes: CHUNK_BYTES + 1 })],
  ['a short chunk that is not the last', forge({ count: 2, payloadBytes: CHUNK_BYTES - 1 })],
])('a chunk with %s is malformed', (_, chunk) => {
  expect(() => reassembler().push(chunk)).toThrow(expect.objectContaining({ reason: 'malformed' }));
});

test('a duplicate chunk is malformed', () => {
  const { push } = reassembler();
  push(split(1, 25)[0]);
  expect(() => push(split(1, 25)[0])).toThrow(expect.objectContaining({ reason: 'malformed' }));
});

test('chunks with different counts for one transfer are malformed', () => {
  const { push } = reassembler();
  push(split(1, 25)[0]);
  expect(() => push(split(1, 35)[1])).toThrow(expect.objectContaining({ reason: 'malformed' }));
});

test('a transfer that announces too large a size is refused at its first chunk', () => {
  const { whole, push } = reassembler({ maxTransferBytes: 100 });
  expect(push(forge({ count: 11 }))).toBeNull();
  expect(() => push(forge({ id: 2, count: 12 }))).toThrow(expect.objectContaining({ reason: 'too-large' }));
  expect(() => push(forge({ id: 3, count: 0xffffffff }))).toThrow(expect.objectContaining({ reason: 'too-large' }));
  expect(whole.unfinished).toBe(1);
});

test('unfinished transfers are limited in number and bytes, and completing one frees its share', () => {
  const few = reassembler({ maxPartialTransfers: 2 });
  few.push(split(1, 25)[0]);
  few.push(split(2, 25)[0]);
  expect(() => few.push(split(3, 25)[0])).toThrow(expect.objectContaining({ reason: 'malformed' }));

  const small = reassembler({ maxPartialBytes: 30 });
  for (let id = 0; id < 5; id++)
    expect(
      split(id, 25)
        .map((chunk) => small.push(chunk))
        .at(-1),
    ).toEqual(counted(25));
  for (let id = 5; id < 8; id++) small.push(split(id, 25)[0]);
  expect(() => small.push(split(9, 25)[0])).toThrow(expect.objectContaining({ reason: 'too-large' }));
});

test('the largest message with its envelope is accepted', () => {
  const chunkBytes = 64 * 1024;
  const whole = new Reassembler({ chunkBytes });
  const last = forge({
    index: 0,
    count: Math.ceil((TRANSFER.maxTransferBytes + 1_000) / chunkBytes),
    payloadBytes: chunkBytes,
  });
  expect(whole.push(last, 0)).toBeNull();
});

test('an unfinished transfer expires, is reported as lost and frees its memory', () => {
  const { whole, lost, push } = reassembler({ maxPartialBytes: 20 });
  push(split(1, 25)[0], 100);
  push(split(2, 25)[0], 200);
  whole.expire(150);
  expect(lost).toEqual([1]);
  push(split(3, 25)[0], 300);
  whole.expire(150);
  expect(lost).toEqual([1]);
  expect(whole.unfinished).toBe(2);
});

test('a later transfer drops an unfinished one on a lossy channel, but not on a reliable one', () => {
  const lossy = reassembler({ lossy: true });
  lossy.push(split(1, 25)[0]);
  lossy.push(split(1, 25)[2]);
  expect(
    split(2, 15)
      .map((chunk) => lossy.push(chunk))
      .at(-1),
  ).toEqual(counted(15));
  expect([lossy.lost, lossy.whole.unfinished]).toEqual([[1], 0]);

  const reliable = reassembler();
  reliable.push(split(1, 25)[0]);
  split(2, 15).map((chunk) => reliable.push(chunk));
  expect([reliable.lost, reliable.whole.unfinished]).toEqual([[], 1]);
});

test('whatever ids it gives them, a peer keeps one unfinished transfer on a lossy channel', () => {
  const { whole, lost, push } = reassembler({ lossy: true });
  for (let id = 50; id > 0; id--) push(split(id, 25)[0]);
  expect([whole.unfinished, whole.unfinishedBytes]).toEqual([1, CHUNK_BYTES]);
  expect(lost).toHaveLength(49);
});

test('a transfer of one chunk also drops an unfinished one on a lossy channel', () => {
  const { lost, push } = reassembler({ lossy: true });
  push(split(1, 25)[0]);
  expect(push(split(2, 5)[0])).toEqual(counted(5));
  expect(lost).toEqual([1]);
});
