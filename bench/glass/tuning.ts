import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import { sum } from '../measuring.ts';
import { LUMA_STEPS } from './clip.ts';

/** What detail could add to the bicubic picture of one frame, from which the PSNR of every way of adding it follows. */
export interface FrameStatistics {
  /** Sum of squares of what the bicubic picture lacks, which is all that its PSNR depends on. */
  lackSquares: number;
  /** By code: how many pixels have it, and the sum of what the bicubic picture lacks there. */
  count: number[];
  lack: number[];
}

/** @param base - the luma of the bicubic picture */
export function statisticsOf(truth: Uint16Array, base: Float32Array, codes: Uint8Array): FrameStatistics {
  const [count, lack] = [new Array<number>(256).fill(0), new Array<number>(256).fill(0)];
  let lackSquares = 0;
  for (const [i, code] of codes.entries()) {
    const lacking = (truth[i] ?? 0) / LUMA_STEPS - (base[i] ?? 0);
    lackSquares += lacking * lacking;
    count[code] = (count[code] ?? 0) + 1;
    lack[code] = (lack[code] ?? 0) + lacking;
  }
  return { lackSquares, count, lack };
}

/** How detail is added. */
export interface Tuning {
  /** Codes for one 8-bit level. */
  gain: number;
  weight: number;
  deadZoneCodes: number;
}

/**
 * What a way of adding detail gains over bicubic, dB of luma PSNR. Exact but for the limits of black and white: the error of a pixel is what
 * bicubic lacks less what is added, and the sum of its squares takes only sums by code.
 *
 * @param missing - frames without detail
 */
export function gainOf(frames: readonly FrameStatistics[], missing: number, tuning: Tuning) {
  const gains = frames.map((frame) => gainOfFrame(frame, tuning));
  return { meanDb: sum(gains) / (gains.length + missing), worstDb: Math.min(...gains, ...(missing > 0 ? [0] : [])) };
}

function gainOfFrame({ lackSquares, count, lack }: FrameStatistics, { gain, weight, deadZoneCodes }: Tuning): number {
  let left = lackSquares;
  for (const [code, pixels] of count.entries()) {
    const distance = code - NO_DETAIL_CODE;
    if (Math.abs(distance) <= deadZoneCodes) continue;
    const added = (weight * distance) / gain;
    left += added * (added * pixels - 2 * (lack[code] ?? 0));
  }
  return 10 * Math.log10(lackSquares / left);
}
