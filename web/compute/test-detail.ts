import { type DetailCoding, NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { deadZoneOf, detailRows } from './reference/detail.ts';

export const DETAIL: DetailCoding = { base: 'bicubic', gain: 4, deadZone: 1 };

/** A frame of detail that was read. */
export interface ReadDetail {
  codes: Uint8Array;
  /** Chroma of both planes. */
  chroma: Set<number>;
  frame: Pick<VideoFrame, 'format' | 'timestamp' | 'duration' | 'codedWidth' | 'codedHeight'>;
  colorSpace: VideoColorSpaceInit;
}

/** Reads a frame of detail, and closes it. */
export async function readDetail(made: VideoFrame): Promise<ReadDetail> {
  const { format, timestamp, duration, codedWidth, codedHeight } = made;
  const { primaries, transfer, matrix, fullRange } = made.colorSpace;
  const planes = new Uint8Array(made.allocationSize());
  await made.copyTo(planes, { layout: layoutOf(codedWidth, codedHeight) });
  made.close();
  const lumaBytes = codedWidth * codedHeight;
  return {
    codes: planes.slice(0, lumaBytes),
    chroma: new Set(planes.subarray(lumaBytes)),
    frame: { format, timestamp, duration, codedWidth, codedHeight },
    colorSpace: { primaries, transfer, matrix, fullRange },
  };
}

/** Planes without gaps. */
function layoutOf(width: number, height: number): PlaneLayout[] {
  const [luma, chroma] = [width * height, (width / 2) * (height / 2)];
  return [
    { offset: 0, stride: width },
    { offset: luma, stride: width / 2 },
    { offset: luma + chroma, stride: width / 2 },
  ];
}

/** The codes by the reference. */
export function detailCodes(source: PixelImage, sharp: PixelImage): Uint8Array {
  const codes = new Uint8Array(sharp.width * sharp.height);
  for (const _row of detailRows(source, sharp, DETAIL, codes)) {
    // Nothing to do between the rows.
  }
  return codes;
}

/**
 * By how many codes they differ beyond what two right backends may; 0 or less is right. Where the colours of their pictures differ by up to
 * `steps` of 255, so does luma, the weighted mean of colours; the base has an error far below a step. Codes differ by the gain times as much, and
 * by one for rounding; by those of the dead zone more where one of the two is within it.
 */
export function largestExcess(codes: Uint8Array, expected: Uint8Array, steps: number): number {
  if (codes.length !== expected.length) return Number.POSITIVE_INFINITY;
  return codes.reduce((largest, code, n) => {
    const other = expected[n] ?? 0;
    const isInDeadZone = code === NO_DETAIL_CODE || other === NO_DETAIL_CODE;
    const tolerance = DETAIL.gain * (steps + (isInDeadZone ? deadZoneOf(DETAIL) : 0)) + 1;
    return Math.max(largest, Math.abs(code - other) - tolerance);
  }, Number.NEGATIVE_INFINITY);
}
