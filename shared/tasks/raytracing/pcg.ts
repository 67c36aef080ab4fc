/**
 * Random numbers by counter: those of a sample depend on its pixel, its number and the seed alone, so that any pixel can be computed
 * anywhere. The hash is pcg4d of M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020.
 *
 * @param out - gets two numbers, each at least 0 and below 1, of 24 bits: exact in single precision.
 */
export function sampleOffset(pixelX: number, pixelY: number, sample: number, seed: number, out: Float64Array): void {
  let x = (Math.imul(pixelX, 1_664_525) + 1_013_904_223) | 0;
  let y = (Math.imul(pixelY, 1_664_525) + 1_013_904_223) | 0;
  let z = (Math.imul(sample, 1_664_525) + 1_013_904_223) | 0;
  let w = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  out[0] = (x >>> 8) / 2 ** 24;
  out[1] = (y >>> 8) / 2 ** 24;
}
