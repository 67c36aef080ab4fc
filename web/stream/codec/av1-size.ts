import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { BitReader, MAX_HEADERS } from './bit-reader.ts';

const OBU_SEQUENCE_HEADER = 1;

/** The largest sizes that the sequence headers of an AV1 packet allow its frames. AV1 bitstream specification, section 5.3. */
export function av1Sizes(packet: Uint8Array): PictureSize[] {
  const sizes: PictureSize[] = [];
  for (let at = 0, units = 0; at < packet.byteLength; units++) {
    if (units === MAX_HEADERS) throw new RangeError('an AV1 packet has too many units');
    const head = packet[at++] ?? 0;
    const hasExtension = (head & 4) !== 0;
    if (hasExtension) at++;
    let obuBytes = packet.byteLength - at;
    if ((head & 2) !== 0) {
      const [value, readBytes] = leb128(packet, at);
      at += readBytes;
      obuBytes = value;
    }
    if (((head >> 3) & 15) === OBU_SEQUENCE_HEADER) sizes.push(sequenceSize(packet.subarray(at, at + obuBytes)));
    at += obuBytes;
  }
  return sizes;
}

/** A number in groups of seven bits, and the bytes that it takes. */
function leb128(bytes: Uint8Array, at: number): [number, number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return [value, i + 1];
  }
  throw new RangeError('an AV1 header has an endless number');
}

/** Section 5.5. */
function sequenceSize(header: Uint8Array): PictureSize {
  const bits = new BitReader(header);
  bits.skip(3 + 1);
  const isReduced = bits.bit();
  if (isReduced) bits.skip(5);
  else skipOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  return { width: bits.bits(widthBits) + 1, height: bits.bits(heightBits) + 1 };
}

function skipOperatingPoints(bits: BitReader): void {
  let decoderModelBits: number | null = null;
  const hasTiming = bits.bit();
  if (hasTiming) {
    bits.skip(32 + 32);
    if (bits.bit()) bits.expGolomb();
    if (bits.bit()) {
      decoderModelBits = bits.bits(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const hasDisplayDelay = bits.bit();
  const points = bits.bits(5) + 1;
  for (let point = 0; point < points; point++) {
    bits.skip(12);
    // Higher levels have two tiers.
    if (bits.bits(5) > 7) bits.skip(1);
    if (decoderModelBits !== null && bits.bit()) bits.skip(2 * decoderModelBits + 1);
    if (hasDisplayDelay && bits.bit()) bits.skip(4);
  }
}
