import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { av1Sizes } from './av1-size.ts';
import type { Codec } from './codecs.ts';
import { h264Sizes } from './h264-size.ts';
import { vp9Sizes, withVp9Index } from './vp9-size.ts';

/** Encoders pad pictures to their blocks: 16 pixels in H.264, up to 64 in AV1 on some GPUs. */
const PADDING_PX = 64;

/**
 * The picture sizes that the headers of a packet declare: of its keyframes, and of every other frame that may change the size. A decoder
 * would allocate them before it reports anything. Throws a RangeError for a header that is cut off or of a kind no encoder here makes.
 */
export function sizesIn(codec: Codec, packet: Uint8Array): PictureSize[] {
  if (codec === 'vp8') return vp8Sizes(packet);
  if (codec === 'vp9') return vp9Sizes(packet);
  return codec === 'av1' ? av1Sizes(packet) : h264Sizes(packet);
}

/** The packet as a decoder may have it: it decodes nothing there but the frames whose sizes {@link sizesIn} tells. */
export function decodable(codec: Codec, packet: Uint8Array): Uint8Array {
  return codec === 'vp9' ? withVp9Index(packet) : packet;
}

/** Whether a picture of this size may arrive where at most `allowed` was agreed. */
export function fitsInto({ width, height }: PictureSize, allowed: PictureSize): boolean {
  return width <= padded(allowed.width) && height <= padded(allowed.height);
}

/** Bytes of a raw 4:2:0 pixel, doubled: a codec that is given noise and a high bitrate may write more than the raw picture. */
const MAX_BYTES_PER_PIXEL = 2 * 1.5;
/** Room for the headers of a tiny picture. */
const HEADER_BYTES = 4 * 1024;

/** Largest packet that a picture of at most this size can need. What is longer was made to keep a decoder busy. */
export function maxPacketBytes({ width, height }: PictureSize): number {
  return padded(width) * padded(height) * MAX_BYTES_PER_PIXEL + HEADER_BYTES;
}

function padded(side: number): number {
  return Math.ceil(side / PADDING_PX) * PADDING_PX;
}

/** RFC 6386, section 9.1. */
function vp8Sizes(packet: Uint8Array): PictureSize[] {
  const [tag = 1] = packet;
  if ((tag & 1) === 1) return [];
  if (packet.byteLength < 10) throw new RangeError('a VP8 header is cut off');
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  // The upper two bits ask for scaling on display.
  return [{ width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }];
}
