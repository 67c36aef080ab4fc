/** What a sealed packet has more than its frame. */
export const SEAL_BYTES = 4;

/**
 * The network authenticates what it carries, yet a packet may be damaged before or behind it, and a decoder is no judge: VP8 shows
 * whatever it is given, and so does every frame after it, until somebody asks for a keyframe. Hence a checksum (CRC-32) at the
 * end of each packet, for some 10 us and four bytes a packet.
 *
 * @param packet - a frame's bytes with {@link SEAL_BYTES} free behind them, where the seal is written.
 */
export function seal(packet: Uint8Array): void {
  const sizeBytes = packet.byteLength - SEAL_BYTES;
  new DataView(packet.buffer, packet.byteOffset).setUint32(sizeBytes, checksum(packet.subarray(0, sizeBytes)));
}

/** The frame's bytes, in place; null where they are not those that were sealed. */
export function unseal(packet: Uint8Array): Uint8Array | null {
  const sizeBytes = packet.byteLength - SEAL_BYTES;
  if (sizeBytes < 0) return null;
  const frame = packet.subarray(0, sizeBytes);
  const sealed = new DataView(packet.buffer, packet.byteOffset).getUint32(sizeBytes);
  return checksum(frame) === sealed ? frame : null;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

function checksum(bytes: Uint8Array): number {
  let sum = ~0;
  for (const byte of bytes) sum = (sum >>> 8) ^ (TABLE[(sum ^ byte) & 0xff] ?? 0);
  return ~sum >>> 0;
}
