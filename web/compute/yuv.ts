/** Conversion of decoded frames to RGB where the browser's own conversion on the processor is inexact. */

import { LUMA_WEIGHTS } from '../../shared/detail.ts';

/** Planes of 4:2:0 frames, as `VideoFrame.copyTo` without a format gives them: luma, chroma (in one plane or two), alpha. */
export type PlanarFormat = 'I420' | 'I420A' | 'NV12';

/** Fractional bits of the coefficients: the largest product has 8 + 2 + 16 bits. */
const SHIFT = 16;
const HALF = 1 << (SHIFT - 1);

/** Luma weights of red and blue (ITU-R BT.709, item 3.2). */
const { red: KR, blue: KB } = LUMA_WEIGHTS;
/** Limited range (BT.709, item 4.6): luma in 16..235, chroma in 16..240 around 128. */
const LUMA = 255 / 219;
const CHROMA = 255 / 224;

const lumaOf = table((value) => (value - 16) * LUMA);
const redOf = table((value) => (value - 128) * CHROMA * 2 * (1 - KR));
const blueOf = table((value) => (value - 128) * CHROMA * 2 * (1 - KB));
const greenOfRed = table((value) => ((128 - value) * CHROMA * 2 * (1 - KR) * KR) / (1 - KR - KB));
const greenOfBlue = table((value) => ((128 - value) * CHROMA * 2 * (1 - KB) * KB) / (1 - KR - KB));

function table(of: (value: number) => number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, value) => Math.round(of(value) * 2 ** SHIFT));
}

/**
 * How to read a frame's colours on the processor: `browser` with `copyTo`; `planes` with {@link rgbaOfPlanes}; `canvas` by drawing it.
 *
 * Chromium's `copyTo` converts with libyuv, which has 7 bits for the factor of blue and clips the 2.1 of BT.709 and BT.2020 in limited range
 * at 2: saturated blue comes out up to 12 of 255 too weak, beside what `drawImage` shows where a GPU draws. Its other conversions are exact to
 * 2. Where primaries or transfer need converting too, only the browser can draw the frame.
 */
export function conversionOf({ format, colorSpace }: VideoFrame): 'browser' | 'planes' | 'canvas' {
  const { matrix, fullRange, primaries, transfer } = colorSpace;
  // TypeScript's list is older than the standard's.
  const isClipped = planarFormat(format) !== null && !fullRange && CLIPPED.includes(String(matrix));
  if (!isClipped) return 'browser';
  const isPlain = PLAIN_PRIMARIES.includes(String(primaries)) && PLAIN_TRANSFERS.includes(String(transfer));
  return matrix === 'bt709' && isPlain ? 'planes' : 'canvas';
}

const CLIPPED = ['bt709', 'bt2020-ncl'];
/** Shown by `drawImage` without a conversion. */
const PLAIN_PRIMARIES = ['bt709', 'smpte170m'];
const PLAIN_TRANSFERS = ['bt709', 'smpte170m', 'iec61966-2-1'];

export function planarFormat(format: string | null): PlanarFormat | null {
  return format === 'I420' || format === 'I420A' || format === 'NV12' ? format : null;
}

export interface Planes {
  format: PlanarFormat;
  bytes: Uint8Array;
  /** Where each plane lies, bytes. */
  layout: readonly PlaneLayout[];
  width: number;
  height: number;
}

/** Converts limited-range BT.709 to RGBA of 0..255, exact to half a step. Chroma is not interpolated, as in libyuv. */
export function rgbaOfPlanes({ format, bytes, layout, width, height }: Planes, rgba: Uint8ClampedArray): void {
  const isInterleaved = format === 'NV12';
  const [luma, blue, red, alpha] = layout;
  if (!luma || !blue) return;
  const chromaStep = isInterleaved ? 2 : 1;
  const toRed = isInterleaved || !red ? 1 : red.offset - blue.offset;
  for (let y = 0; y < height; y++) {
    const lumaRow = luma.offset + y * luma.stride;
    const blueRow = blue.offset + (y >> 1) * blue.stride;
    const redRow = blueRow + toRed + (isInterleaved || !red ? 0 : (y >> 1) * (red.stride - blue.stride));
    const alphaRow = alpha ? alpha.offset + y * alpha.stride : -1;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const base = (lumaOf[bytes[lumaRow + x] ?? 0] ?? 0) + HALF;
      const cb = bytes[blueRow + (x >> 1) * chromaStep] ?? 0;
      const cr = bytes[redRow + (x >> 1) * chromaStep] ?? 0;
      rgba[at] = (base + (redOf[cr] ?? 0)) >> SHIFT;
      rgba[at + 1] = (base + (greenOfRed[cr] ?? 0) + (greenOfBlue[cb] ?? 0)) >> SHIFT;
      rgba[at + 2] = (base + (blueOf[cb] ?? 0)) >> SHIFT;
      rgba[at + 3] = alphaRow < 0 ? 255 : (bytes[alphaRow + x] ?? 0);
    }
  }
}
