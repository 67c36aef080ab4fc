import { PEAK } from '../../web/compare/luma.ts';
import { ssimAgainst } from '../quality/ssim.ts';
import { LUMA_STEPS } from './clip.ts';

/** One shown frame beside the truth. */
export interface FrameScore {
  psnrDb: number;
  /** Null where it was not measured: it takes longer than all else. */
  ssim: number | null;
}

/** Compares lumas of 0..255 with truths of one size. */
export class Scorer {
  readonly #width: number;
  readonly #height: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  score(luma: Float32Array, truth: Uint16Array, withSsim: boolean): FrameScore {
    let squares = 0;
    for (let i = 0; i < luma.length; i++) squares += ((luma[i] ?? 0) - (truth[i] ?? 0) / LUMA_STEPS) ** 2;
    const psnrDb = 10 * Math.log10((PEAK * PEAK * luma.length) / squares);
    if (!withSsim) return { psnrDb, ssim: null };
    const size = { width: this.#width, height: this.#height };
    const exact = Float32Array.from(truth, (value) => value / LUMA_STEPS);
    return { psnrDb, ssim: ssimAgainst({ ...size, luma: exact })(luma) };
  }
}
