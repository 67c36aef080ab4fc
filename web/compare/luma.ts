import type { PixelImage } from '../../shared/tasks/definition.ts';

/** Peak value of 8 bits per channel. */
export const PEAK = 255;

/** Rec. 601 luma of sRGB-encoded values, 0 to 255, which video codecs use and PSNR is usually quoted for. */
export function lumaOf({ data }: PixelImage): Float32Array {
  const luma = new Float32Array(data.length / 4);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel++, at += 4) {
    luma[pixel] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  }
  return luma;
}

/** PSNR of two lumas of the same size, dB; infinite when they are equal. */
export function psnrDb(one: Float32Array, other: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < one.length; i++) squares += ((one[i] ?? 0) - (other[i] ?? 0)) ** 2;
  return 10 * Math.log10((PEAK * PEAK * one.length) / squares);
}

/** Luma by which a pixel of the truth may differ over time and yet stand still, of 255: what rounding to 8 bits leaves. */
const STILL_WITHIN = 1;
/** Fewer still pixels, as a share of a frame, say nothing. */
const LEAST_STILL = 0.01;

/**
 * Flicker: the variance over time of what does not move, in squared 8-bit levels, as the mean over the pixels whose truth stays the same in all
 * frames. 0 where they stay the same in what was made of them, too.
 *
 * @param made - luma of consecutive frames, and `truth` of what each should have been; all of one size.
 * @returns null where hardly a pixel of the truth stands still.
 */
export function flickerOf(made: readonly Float32Array[], truth: readonly Float32Array[]): number | null {
  const pixels = truth[0]?.length ?? 0;
  let still = 0;
  let sum = 0;
  for (let i = 0; i < pixels; i++) {
    const { least, most } = spreadOf(truth, i);
    if (most - least > STILL_WITHIN) continue;
    still++;
    sum += spreadOf(made, i).variance;
  }
  return still >= LEAST_STILL * pixels && still > 0 ? sum / still : null;
}

function spreadOf(frames: readonly Float32Array[], pixel: number) {
  let [least, most, mean, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const frame of frames) {
    const value = frame[pixel] ?? 0;
    least = Math.min(least, value);
    most = Math.max(most, value);
    mean += value / frames.length;
  }
  for (const frame of frames) squares += ((frame[pixel] ?? 0) - mean) ** 2;
  return { least, most, variance: squares / frames.length };
}
