import { lumaOf, PEAK } from '../../web/compare/luma.ts';
import { ssimAgainst } from '../quality/ssim.ts';
import { type Clip, LUMA_STEPS } from './clip.ts';

/** SSIM takes longer than everything else, so only one frame in this many is scored with it. */
const SSIM_EVERY = 6;

/** One shown frame beside the truth. */
export interface FrameScore {
  /** Of luma. */
  psnrDb: number;
  /** Null where it was not measured. */
  ssim: number | null;
}

/** Compares a frame of a clip, as it is shown, with the truth. */
export function scoreOf(clip: Clip, index: number, shown: ImageData): FrameScore {
  const { width, height } = clip;
  const { truth } = frameOf(clip, index);
  const luma = lumaOf(shown);
  let squares = 0;
  for (let i = 0; i < luma.length; i++) squares += ((luma[i] ?? 0) - (truth[i] ?? 0) / LUMA_STEPS) ** 2;
  const psnrDb = 10 * Math.log10((PEAK * PEAK * luma.length) / squares);
  if (index % SSIM_EVERY !== 0) return { psnrDb, ssim: null };
  const ssim = ssimAgainst({ width, height, luma: Float32Array.from(truth, (value) => value / LUMA_STEPS) });
  return { psnrDb, ssim: ssim(luma) };
}

export function frameOf({ frames }: Clip, index: number) {
  const frame = frames[index];
  if (!frame) throw new Error(`The clip has no frame ${index}.`);
  return frame;
}

/** What detail and the spatial filter could add to the bicubic picture of one frame, from which the PSNR of every way of adding them follows. */
export interface FrameStatistics {
  /** Sum of squares of what the bicubic picture lacks, which is all that its PSNR depends on. */
  lackSquares: number;
  /** The same of what the spatial filter adds to it, and of their product. */
  spatialSquares: number;
  spatialLack: number;
  /** By code: how many pixels have it, the sum of what the bicubic picture lacks there, and of what the spatial filter adds there. */
  count: number[];
  lack: number[];
  spatial: number[];
}

/** @param base - the luma of the bicubic picture, and of the spatial filter's. */
export function statisticsOf(
  truth: Uint16Array,
  base: Float32Array,
  spatial: Float32Array,
  codes: Uint8Array,
): FrameStatistics {
  const byCode = () => new Array<number>(256).fill(0);
  const sums = {
    lackSquares: 0,
    spatialSquares: 0,
    spatialLack: 0,
    count: byCode(),
    lack: byCode(),
    spatial: byCode(),
  };
  const add = (sum: number[], code: number, value: number) => {
    sum[code] = (sum[code] ?? 0) + value;
  };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    const plain = base[i] ?? 0;
    const lack = (truth[i] ?? 0) / LUMA_STEPS - plain;
    const sharper = (spatial[i] ?? 0) - plain;
    sums.lackSquares += lack * lack;
    sums.spatialSquares += sharper * sharper;
    sums.spatialLack += sharper * lack;
    add(sums.count, code, 1);
    add(sums.lack, code, lack);
    add(sums.spatial, code, sharper);
  }
  return sums;
}
