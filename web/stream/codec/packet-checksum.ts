/** Size of the checksum at the end of each packet. */
export const CHECKSUM_BYTES = 4;

/**
 * Writes the CRC-32 (ISO-HDLC, as in zlib) of an encoded frame behind it. The network authenticates what it carries, but a packet may be
 * damaged before or after it, and a decoder does not notice: VP8 shows whatever it is given, and so does every frame after it until the
 * next keyframe. Costs about 10 us and four bytes a packet.
 *
 * @param packet - the frame's bytes, followed by {@link CHECKSUM_BYTES} free ones.
 */
export function writeChecksum(packet: Uint8Array): void {
  const sizeBytes = packet.byteLength - CHECKSUM_BYTES;
  new DataView(packet.buffer, packet.byteOffset).setUint32(sizeBytes, crc32(packet.subarray(0, sizeBytes)));
}

/** The frame's bytes in place, without their checksum; null if the packet is damaged or too short. */
export function verifiedFrame(packet: Uint8Array): Uint8Array | null {
  const sizeBytes = packet.byteLength - CHECKSUM_BYTES;
  if (sizeBytes < 0) return null;
  const frame = packet.subarray(0, sizeBytes);
  const expected = new DataView(packet.buffer, packet.byteOffset).getUint32(sizeBytes);
  return crc32(frame) === expected ? frame : null;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
