import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import { sum } from '../measuring.ts';
import type { FrameStatistics } from './score.ts';

/** How detail is added, and the spatial filter beside it. */
export interface Tuning {
  /** Codes for one step of 255. */
  gain: number;
  weight: number;
  deadZoneCodes: number;
  /** Share of what the spatial filter adds to the bicubic picture. */
  spatialWeight: number;
}

/** What frames gain over their bicubic pictures, dB of luma PSNR. */
export interface Gain {
  meanDb: number;
  worstDb: number;
}

/**
 * What a way of adding detail gains. Exact but for the limits of black and white: the error of a pixel is what bicubic lacks less what is added,
 * and the sum of its squares takes only sums by code.
 *
 * @param missing - frames without detail.
 */
export function gainOf(frames: readonly FrameStatistics[], missing: number, tuning: Tuning): Gain {
  const gains = frames.map((frame) => gainOfFrame(frame, tuning));
  return { meanDb: sum(gains) / (gains.length + missing), worstDb: Math.min(...gains, ...(missing > 0 ? [0] : [])) };
}

function gainOfFrame(
  { lackSquares, spatialSquares, spatialLack, count, lack, spatial }: FrameStatistics,
  { gain, weight, deadZoneCodes, spatialWeight }: Tuning,
): number {
  let left = lackSquares + spatialWeight * (spatialWeight * spatialSquares - 2 * spatialLack);
  for (const [code, pixels] of count.entries()) {
    const distance = code - NO_DETAIL_CODE;
    if (Math.abs(distance) <= deadZoneCodes) continue;
    const added = (weight * distance) / gain;
    left += added * (added * pixels - 2 * ((lack[code] ?? 0) - spatialWeight * (spatial[code] ?? 0)));
  }
  return 10 * Math.log10(lackSquares / left);
}
