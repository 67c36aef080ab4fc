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
