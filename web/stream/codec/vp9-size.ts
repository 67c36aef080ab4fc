import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { BitReader } from './bit-reader.ts';

/** Ends and begins a superframe index: three bits, then the bytes of each size and the number of frames, both less one. */
const INDEX_MARKER = 0xc0;
/** Bytes of a size in an index: enough for every packet. */
const INDEX_SIZE_BYTES = 4;

/** The sizes that the frames of a VP9 packet declare. Right only for packets that a decoder gets {@link withVp9Index}. */
export function vp9Sizes(packet: Uint8Array): PictureSize[] {
  return framesOf(packet).flatMap(frameSizes);
}

/**
 * The packet with a superframe index (annex B of the bitstream specification), which says how many frames there are and how long each is.
 * libvpx, and so Chromium, looks for further frames behind the first when there is none. Such a frame may have any size, and where it begins
 * is known only after the one before it has been decoded. With an index, what is behind the frames is ignored.
 */
export function withVp9Index(packet: Uint8Array): Uint8Array {
  if (isIndexed(packet)) return packet;
  const marker = INDEX_MARKER | ((INDEX_SIZE_BYTES - 1) << 3);
  const indexed = new Uint8Array(packet.byteLength + INDEX_SIZE_BYTES + 2);
  indexed.set(packet);
  const view = new DataView(indexed.buffer, packet.byteLength);
  view.setUint8(0, marker);
  view.setUint32(1, packet.byteLength, true);
  view.setUint8(1 + INDEX_SIZE_BYTES, marker);
  return indexed;
}

/** The frames of a packet, as its index says; without an index, one frame. */
function framesOf(packet: Uint8Array): Uint8Array[] {
  if (!isIndexed(packet)) return [packet];
  const { count, sizeBytes, indexBytes } = indexForm(packet.at(-1) ?? 0);
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

function isIndexed(packet: Uint8Array): boolean {
  const marker = packet.at(-1) ?? 0;
  return (marker & 0xe0) === INDEX_MARKER && packet.at(-indexForm(marker).indexBytes) === marker;
}

/** The form of an index, from its first byte, which is also its last. */
function indexForm(marker: number): { count: number; sizeBytes: number; indexBytes: number } {
  const count = (marker & 7) + 1;
  const sizeBytes = ((marker >> 3) & 3) + 1;
  return { count, sizeBytes, indexBytes: 2 + count * sizeBytes };
}

/** VP9 bitstream specification, section 6.2. */
function frameSizes(frame: Uint8Array): PictureSize[] {
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

function vp9Size(bits: BitReader): PictureSize {
  return { width: bits.bits(16) + 1, height: bits.bits(16) + 1 };
}
