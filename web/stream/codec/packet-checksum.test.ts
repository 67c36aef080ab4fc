import { expect, test } from 'vitest';
import { CHECKSUM_BYTES, verifiedFrame, writeChecksum } from './packet-checksum.ts';

const TEXT = '123456789';

test('the checksum is the CRC-32 of the frame', () => {
  // The standard check value of CRC-32/ISO-HDLC.
  expect([...packetOf(TEXT).subarray(TEXT.length)]).toEqual([0xcb, 0xf4, 0x39, 0x26]);
});

test('a frame is returned unchanged, wherever it lies in memory', () => {
  const memory = new Uint8Array(40);
  memory.set(packetOf(TEXT), 11);
  const packet = memory.subarray(11, 11 + TEXT.length + CHECKSUM_BYTES);
  expect(new TextDecoder().decode(verifiedFrame(packet) ?? new Uint8Array())).toBe(TEXT);
  expect(verifiedFrame(packetOf(''))).toEqual(new Uint8Array());
});

test('any flipped bit is detected, in the frame or in its checksum', () => {
  for (let bit = 0; bit < 8 * (TEXT.length + CHECKSUM_BYTES); bit++) {
    const packet = packetOf(TEXT);
    packet[bit >> 3] = (packet[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(verifiedFrame(packet)).toBe(null);
  }
});

test('a truncated packet is rejected', () => {
  for (let sizeBytes = 0; sizeBytes < TEXT.length + CHECKSUM_BYTES; sizeBytes++) {
    expect(verifiedFrame(packetOf(TEXT).subarray(0, sizeBytes))).toBe(null);
  }
});

function packetOf(text: string): Uint8Array {
  const packet = new Uint8Array(text.length + CHECKSUM_BYTES);
  packet.set(new TextEncoder().encode(text));
  writeChecksum(packet);
  return packet;
}
