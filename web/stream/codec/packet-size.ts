import { av1Sizes } from './av1-size.ts';
import { BitReader } from './bit-reader.ts';
import type { Codec, CodecSize } from './codecs.ts';
import { h264Sizes } from './h264-size.ts';

/** Encoders pad pictures to their blocks: 16 pixels in H.264, up to 64 in AV1 on some GPUs. */
const PADDING_PX = 64;

/**
 * The picture sizes that the headers of a packet declare: of its keyframes, and of every other frame that may change the size. A decoder
 * would allocate them before it reports anything. Throws a RangeError for a header that is cut off or of a kind no encoder here makes.
 */
export function sizesIn(codec: Codec, packet: Uint8Array): CodecSize[] {
  if (codec === 'vp8') return vp8Sizes(packet);
  if (codec === 'vp9') return framesOf(packet).flatMap(vp9Sizes);
  return codec === 'av1' ? av1Sizes(packet) : h264Sizes(packet);
}

/** Whether a picture of this size may arrive where at most `allowed` was agreed. */
export function fitsInto({ width, height }: CodecSize, allowed: CodecSize): boolean {
  return width <= padded(allowed.width) && height <= padded(allowed.height);
}

function padded(side: number): number {
  return Math.ceil(side / PADDING_PX) * PADDING_PX;
}

/** RFC 6386, section 9.1. */
function vp8Sizes(packet: Uint8Array): CodecSize[] {
  const [tag = 1] = packet;
  if ((tag & 1) === 1) return [];
  if (packet.byteLength < 10) throw new RangeError('a VP8 header is cut off');
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  // The upper two bits ask for scaling on display.
  return [{ width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }];
}

/** The frames of a VP9 superframe (annex B of the bitstream specification): several in one packet, with an index at its end. */
function framesOf(packet: Uint8Array): Uint8Array[] {
  const marker = packet.at(-1) ?? 0;
  const count = (marker & 7) + 1;
  const sizeBytes = ((marker >> 3) & 3) + 1;
  const indexBytes = 2 + count * sizeBytes;
  const isIndexed = (marker & 0xe0) === 0xc0 && packet.byteLength >= indexBytes && packet.at(-indexBytes) === marker;
  if (!isIndexed) return [packet];
  const frames: Uint8Array[] = [];
  let from = 0;
  let at = packet.byteLength - indexBytes + 1;
  for (let frame = 0; frame < count; frame++) {
    let frameBytes = 0;
    for (let i = 0; i < sizeBytes; i++) frameBytes += (packet[at++] ?? 0) * 256 ** i;
    if (frameBytes > 0) frames.push(packet.subarray(from, from + frameBytes));
    from += frameBytes;
  }
  return frames;
}

/** VP9 bitstream specification, section 6.2. */
function vp9Sizes(frame: Uint8Array): CodecSize[] {
  const bits = new BitReader(frame);
  if (bits.bits(2) !== 2) throw new RangeError('this is no VP9 frame');
  if (bits.bits(2) !== 0) throw new RangeError('this VP9 frame is not of profile 0');
  const isShowingExisting = bits.bit();
  if (isShowingExisting) return [];
  const isKeyframe = !bits.bit();
  const isShown = bits.bit();
  const isErrorResilient = bits.bit();
  if (isKeyframe) {
    bits.skip(SYNC_CODE_BITS);
    // RGB has no place in profile 0.
    if (bits.bits(3) === 7) throw new RangeError('this VP9 frame is not of profile 0');
    bits.skip(1);
    return [vp9Size(bits)];
  }
  const isIntraOnly = !isShown && bits.bit();
  if (!isErrorResilient) bits.skip(2);
  if (isIntraOnly) {
    bits.skip(SYNC_CODE_BITS + REFRESH_FLAGS_BITS);
    return [vp9Size(bits)];
  }
  bits.skip(REFRESH_FLAGS_BITS);
  const references = 3;
  bits.skip(references * 4);
  // The size of a reference, which was looked at when it came.
  for (let i = 0; i < references; i++) if (bits.bit()) return [];
  return [vp9Size(bits)];
}

const SYNC_CODE_BITS = 24;
const REFRESH_FLAGS_BITS = 8;

function vp9Size(bits: BitReader): CodecSize {
  return { width: bits.bits(16) + 1, height: bits.bits(16) + 1 };
}
