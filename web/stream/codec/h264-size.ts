import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { BitReader, MAX_HEADERS } from './bit-reader.ts';

const NAL_SEQUENCE_PARAMETERS = 7;
const MACROBLOCK_PX = 16;
const BASELINE = 66;
const MAIN = 77;
const HIGH = 100;

/** The coded sizes of the sequence parameter sets in an Annex B packet. ITU-T H.264, sections 7.3.2.1 and B.1. */
export function h264Sizes(packet: Uint8Array): PictureSize[] {
  const sizes: PictureSize[] = [];
  for (let at = 0; at + 3 < packet.byteLength; at++) {
    const isStart = packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === 1;
    if (!isStart || ((packet[at + 3] ?? 0) & 31) !== NAL_SEQUENCE_PARAMETERS) continue;
    if (sizes.length === MAX_HEADERS) throw new RangeError('an H.264 packet has too many parameter sets');
    sizes.push(sequenceSize(unescaped(packet.subarray(at + 4, at + 4 + MAX_SEQUENCE_BYTES))));
  }
  return sizes;
}

/** The part of a parameter set that is read: the size is in its first dozens of bytes. */
const MAX_SEQUENCE_BYTES = 128;

/** Without the 3 in 0 0 3, which keeps start codes out of the content. */
function unescaped(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0));
}

function sequenceSize(content: Uint8Array): PictureSize {
  const bits = new BitReader(content);
  const profile = bits.bits(8);
  bits.skip(8 + 8);
  bits.expGolomb();
  if (profile === HIGH) skipHighProfile(bits);
  else if (profile !== BASELINE && profile !== MAIN) throw new RangeError(`H.264 profile ${profile} is not used here`);
  bits.expGolomb();
  skipPictureOrder(bits);
  bits.expGolomb();
  bits.skip(1);
  const width = (bits.expGolomb() + 1) * MACROBLOCK_PX;
  const heightUnits = bits.expGolomb() + 1;
  const isProgressive = bits.bit();
  return { width, height: heightUnits * MACROBLOCK_PX * (isProgressive ? 1 : 2) };
}

function skipHighProfile(bits: BitReader): void {
  if (bits.expGolomb() !== 1) throw new RangeError('only 4:2:0 pictures are used here');
  bits.expGolomb();
  bits.expGolomb();
  bits.skip(1);
  if (bits.bit()) throw new RangeError('H.264 scaling matrices are not used here');
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.expGolomb();
  if (type === 0) bits.expGolomb();
  if (type !== 1) return;
  bits.skip(1);
  bits.expGolomb();
  bits.expGolomb();
  const frames = bits.expGolomb();
  for (let frame = 0; frame < frames; frame++) bits.expGolomb();
}
