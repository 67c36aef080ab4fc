import { describe, expect, test } from 'vitest';
import { decodable, fitsInto, sizesIn } from './packet-size.ts';

/** Fields of a header, as [value, bits], packed from the most significant bit. */
function packed(...fields: [number, number][]): Uint8Array {
  const text = fields.map(([value, bits]) => value.toString(2).padStart(bits, '0')).join('');
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0');
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** Exp-Golomb. */
const ue = (value: number): [number, number] => [value + 1, 2 * Math.floor(Math.log2(value + 1)) + 1];
const joined = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

const vp8 = (width: number, height: number) =>
  Uint8Array.of(0x10, 0, 0, 0x9d, 1, 0x2a, width & 255, width >> 8, height & 255, height >> 8);
const vp9Key = (width: number, height: number) =>
  packed(
    [2, 2],
    [0, 2],
    [0, 1],
    [0, 1],
    [1, 1],
    [0, 1],
    [0x498342, 24],
    [1, 3],
    [0, 1],
    [width - 1, 16],
    [height - 1, 16],
  );
const vp9Inter = (width: number, height: number) =>
  packed(
    ...([
      [2, 2],
      [0, 2],
      [0, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [0, 8],
      [0, 12],
      [0, 3],
      [width - 1, 16],
      [height - 1, 16],
    ] as [number, number][]),
  );
const vp9Hidden = (width: number, height: number) =>
  packed(
    ...([
      [2, 2],
      [0, 2],
      [0, 1],
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 1],
      [0, 2],
      [0x498342, 24],
      [0, 8],
      [width - 1, 16],
      [height - 1, 16],
    ] as [number, number][]),
  );
const superframe = (...frames: Uint8Array[]) => {
  const marker = 0xc0 | (1 << 3) | (frames.length - 1);
  const sizes = frames.flatMap(({ byteLength }) => [byteLength & 255, byteLength >> 8]);
  return joined(...frames, [marker, ...sizes, marker]);
};
const av1 = (width: number, height: number) => {
  const sequence = packed(
    ...([
      [0, 3],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 5],
      [0, 12],
      [8, 5],
      [0, 1],
      [15, 4],
      [15, 4],
    ] as [number, number][]),
    [width - 1, 16],
    [height - 1, 16],
  );
  return joined([0x12, 0], [0x0a, sequence.byteLength], sequence, [0x32, 3, 1, 2, 3]);
};
const h264 = (width: number, height: number) =>
  joined(
    [0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x67],
    packed(
      [66, 8],
      [0xe0, 8],
      [31, 8],
      ue(0),
      ue(4),
      ue(2),
      ue(1),
      [0, 1],
      ue(width / 16 - 1),
      ue(height / 16 - 1),
      [1, 1],
    ),
    [0, 0, 1, 0x65, 1, 2, 3],
  );

test.each<[Parameters<typeof sizesIn>[0], (width: number, height: number) => Uint8Array]>([
  ['vp8', vp8],
  ['vp9', vp9Key],
  ['vp9', vp9Inter],
  ['vp9', vp9Hidden],
  ['av1', av1],
  ['h264', h264],
])('a %s header says its size before anything is decoded', (codec, made) => {
  expect(sizesIn(codec, made(640, 368))).toEqual([{ width: 640, height: 368 }]);
  expect(sizesIn(codec, made(16_368, 16_368))).toEqual([{ width: 16_368, height: 16_368 }]);
});

describe('a size cannot hide', () => {
  test('behind another frame in a superframe', () => {
    expect(sizesIn('vp9', superframe(vp9Key(64, 64), vp9Key(16_384, 16_384)))).toEqual([
      { width: 64, height: 64 },
      { width: 16_384, height: 16_384 },
    ]);
  });

  test('behind a VP9 frame without an index: the decoder gets one, which ends the packet where the frame ends', () => {
    for (const sizeBytes of [12, 70_000]) {
      const packet = joined(vp9Key(64, 64), new Uint8Array(sizeBytes));
      const indexed = decodable('vp9', packet);
      expect(indexed.subarray(0, packet.byteLength)).toEqual(packet);
      const view = new DataView(indexed.buffer, packet.byteLength);
      expect([view.getUint8(0), view.getUint32(1, true), view.getUint8(5)]).toEqual([0xd8, packet.byteLength, 0xd8]);
      expect(sizesIn('vp9', indexed)).toEqual(sizesIn('vp9', packet));
      expect(decodable('vp9', indexed)).toBe(indexed);
    }
    expect(decodable('vp9', superframe(vp9Key(64, 64), vp9Key(32, 32)))).toEqual(
      superframe(vp9Key(64, 64), vp9Key(32, 32)),
    );
  });

  test('behind another sequence header or parameter set', () => {
    expect(sizesIn('av1', joined(av1(64, 64), av1(16_384, 64)))).toHaveLength(2);
    expect(sizesIn('h264', joined(h264(64, 64), h264(16_384, 64)))).toHaveLength(2);
  });
});

test('frames that keep the size declare none', () => {
  expect(sizesIn('vp8', Uint8Array.of(0x31, 0, 0))).toEqual([]);
  expect(sizesIn('av1', Uint8Array.of(0x12, 0, 0x32, 3, 1, 2, 3))).toEqual([]);
  expect(sizesIn('h264', Uint8Array.of(0, 0, 0, 1, 0x41, 1, 2, 3))).toEqual([]);
});

test('headers that are cut off or of a kind that no encoder here makes are refused', () => {
  expect(() => sizesIn('vp8', vp8(64, 64).subarray(0, 9))).toThrow(RangeError);
  expect(() => sizesIn('vp9', vp9Key(64, 64).subarray(0, 6))).toThrow(RangeError);
  expect(() => sizesIn('vp9', packed([2, 2], [2, 2], [0, 20]))).toThrow(RangeError);
  expect(() => sizesIn('h264', Uint8Array.of(0, 0, 1, 0x67, 144, 0, 31))).toThrow(RangeError);
  expect(() => sizesIn('av1', Uint8Array.of(0x0a, 2, 0, 0))).toThrow(RangeError);
});

test('a packet of nothing but headers is refused after a few of them', () => {
  const many = (part: Uint8Array) => joined(...Array.from({ length: 100 }, () => part));
  expect(() => sizesIn('h264', many(h264(64, 64)))).toThrow(RangeError);
  expect(() => sizesIn('av1', many(av1(64, 64)))).toThrow(RangeError);
  // Units of other kinds and without content, two bytes each.
  expect(() => sizesIn('av1', many(Uint8Array.of(0x12, 0)))).toThrow(RangeError);
});

test('what encoders pad to their blocks fits, and what is larger does not', () => {
  const allowed = { width: 1_280, height: 720 };
  expect(fitsInto({ width: 1_280, height: 736 }, allowed)).toBe(true);
  expect(fitsInto({ width: 640, height: 360 }, allowed)).toBe(true);
  expect(fitsInto({ width: 1_281, height: 720 }, allowed)).toBe(false);
  expect(fitsInto({ width: 1_280, height: 16_384 }, allowed)).toBe(false);
});
