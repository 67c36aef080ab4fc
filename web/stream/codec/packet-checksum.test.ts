import { expect, test } from 'vitest';
import { SEAL_BYTES, seal, unseal } from './packet-checksum.ts';

const TEXT = '123456789';

test('the seal is the CRC-32 of the frame', () => {
  // The check value that every description of this checksum gives.
  expect([...sealed(TEXT).subarray(TEXT.length)]).toEqual([0xcb, 0xf4, 0x39, 0x26]);
});

test('a frame is returned as it was sealed, wherever it lies in memory', () => {
  const memory = new Uint8Array(40);
  memory.set(sealed(TEXT), 11);
  const packet = memory.subarray(11, 11 + TEXT.length + SEAL_BYTES);
  expect(new TextDecoder().decode(unseal(packet) ?? new Uint8Array())).toBe(TEXT);
  expect(unseal(sealed(''))).toEqual(new Uint8Array());
});

test('any flipped bit is noticed, in the frame or in its seal', () => {
  for (let bit = 0; bit < 8 * (TEXT.length + SEAL_BYTES); bit++) {
    const packet = sealed(TEXT);
    packet[bit >> 3] = (packet[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(unseal(packet)).toBe(null);
  }
});

test('what is cut off, or too short to have a seal, is not taken', () => {
  for (let sizeBytes = 0; sizeBytes < TEXT.length + SEAL_BYTES; sizeBytes++) {
    expect(unseal(sealed(TEXT).subarray(0, sizeBytes))).toBe(null);
  }
});

function sealed(text: string): Uint8Array {
  const packet = new Uint8Array(text.length + SEAL_BYTES);
  packet.set(new TextEncoder().encode(text));
  seal(packet);
  return packet;
}
