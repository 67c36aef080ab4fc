import { Packr } from 'msgpackr/index-no-eval';
import { describe, expect, test } from 'vitest';
import { ENVELOPE, packMessages, unpackMessages } from './message-pack.ts';

const malformed = expect.objectContaining({ name: 'MeshError', reason: 'malformed' });
const plain = new Packr({ useRecords: false });
/** Only shows what would freeze a page: refusing takes well under a millisecond. */
const MAX_MS = 50;
/** A pause of the whole machine is not the message's fault: only one that is slow each time is. */
const MAX_TRIES = 4;
const joined = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

test('plain values arrive unchanged, whatever their size', () => {
  const long = 'é'.repeat(70_000);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`member ${i}`, i]));
  const numbers = [0, -1, 127, 128, -33, 255, 65_535, 2 ** 31, 2 ** 32 - 1, -(2 ** 31), 2 ** 40, 0.5, -1e300];
  for (const value of [null, true, '', 'a'.repeat(40), long, many, numbers, { list: [[], {}, ['x']] }]) {
    expect(unpackMessages(packMessages(value))).toEqual(value);
    expect(unpackMessages(plain.pack(value))).toEqual(value);
  }
});

test('an undefined member is left out, and elsewhere undefined becomes null: neither needs an extension', () => {
  expect(unpackMessages(packMessages({ a: undefined, b: [undefined], c: { d: undefined } }))).toEqual({
    b: [null],
    c: {},
  });
});

describe('is malformed', () => {
  /** Extension 'i' names the array that follows it, and 'p' stands for the array of that name. */
  const named = (id: number) => [0xd6, 0x69, 0, 0, 0, id];
  const pointer = (id: number) => [0xd6, 0x70, 0, 0, 0, id];
  const doubling = (levels: number) =>
    joined(
      [0xdc, 0, levels],
      ...Array.from({ length: levels }, (_, id) =>
        id === 0 ? [...named(0), 0x90] : [...named(id), 0x92, ...pointer(id - 1), ...pointer(id - 1)],
      ),
    );
  const nested = (levels: number) => joined(new Array<number>(levels).fill(0x91), [0xc0]);

  test.each<[string, Uint8Array]>([
    ['an envelope whose pointers stand for millions of values', doubling(24)],
    ['the same with bytes behind it, which an error message would print', joined(doubling(24), [0])],
    ['a pointer', Uint8Array.from(pointer(0))],
    ['an undefined as an extension', Uint8Array.of(0xd4, 0, 0)],
    ['a record definition', Uint8Array.of(0xd4, 0x72, 0x45, 0x91, 0xa1, 0x61, 1)],
    ['a date', plain.pack(new Date(0))],
    ['any extension of 8, 16 and 32 bits', Uint8Array.of(0x93, 0xc7, 0, 1, 0xc8, 0, 0, 1, 0xc9, 0, 0, 0, 0, 1)],
    ['bytes, which travel as attachments', plain.pack(new Uint8Array(3))],
    ['a number of 64 bits', plain.pack(2n ** 60n)],
    ['the byte that MessagePack never uses', Uint8Array.of(0xc1)],
    ['more levels than allowed', nested(ENVELOPE.maxDepth + 1)],
    ['a hundred thousand levels', nested(100_000)],
    ['more values than allowed', plain.pack(new Array(ENVELOPE.maxNodes).fill(0))],
    ['more members than allowed', joined([0xdf, 0, 1, 0, 0])],
    ['four billion values', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['a text of four gigabytes', Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff)],
    ['a list as the name of a member', joined([0x81, 0x91, 0x01, 0x02])],
    ['a number as the name of a member', Uint8Array.of(0x81, 0x01, 0x02)],
    ['a cut-off list', Uint8Array.of(0x92, 0x01)],
    ['a cut-off number', Uint8Array.of(0xcb, 0, 0)],
    ['nothing', new Uint8Array(0)],
    ['two values', Uint8Array.of(1, 2)],
  ])('%s', (_, bytes) => {
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < MAX_TRIES && fastestMs > MAX_MS; tries++) {
      const startMs = performance.now();
      expect(() => unpackMessages(bytes)).toThrow(malformed);
      fastestMs = Math.min(fastestMs, performance.now() - startMs);
    }
    expect(fastestMs).toBeLessThan(MAX_MS);
  });

  test('with an error that says so briefly, whatever arrived', () => {
    const hostile = joined(plain.pack('x'.repeat(100_000)), [0]);
    try {
      unpackMessages(hostile);
      expect.unreachable();
    } catch (error) {
      expect(String(error).length).toBeLessThan(300);
    }
  });
});

test('as deep and as many values as allowed are accepted', () => {
  let value: unknown = [];
  for (let level = 1; level < ENVELOPE.maxDepth; level++) value = [value];
  expect(unpackMessages(packMessages(value))).toEqual(value);
  expect(unpackMessages(packMessages(new Array(ENVELOPE.maxNodes - 1).fill(7)))).toHaveLength(ENVELOPE.maxNodes - 1);
});
