import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { Application, CodeStatistics } from '../pages/glass.ts';

/** Mean and worst gain over bicubic, dB, if the codes of these frames are added so. Clamping at black and white is left out. */
export function gainOf(frames: readonly CodeStatistics[], missing: number, gain: number, { weight, deadZoneCodes }: Application) {
  const gains = frames.map(({ squares, plainSquares, count, lacking }) => {
    let left = squares;
    for (let code = 0; code < 256; code++) {
      const distance = code - NO_DETAIL_CODE;
      if (Math.abs(distance) <= deadZoneCodes) continue;
      const addition = (weight * distance) / gain;
      left += addition * (addition * (count[code] ?? 0) - 2 * (lacking[code] ?? 0));
    }
    return 10 * Math.log10(plainSquares / left);
  });
  const sum = gains.reduce((total, value) => total + value, 0);
  return { meanDb: sum / (gains.length + missing), worstDb: Math.min(...gains, ...(missing > 0 ? [0] : [])) };
}
