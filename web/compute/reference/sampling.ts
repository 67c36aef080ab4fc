/** Where the pixels of one output axis fall among the input's: pixel centres aligned, as in every GPU's samplers. */
export interface AxisSamples {
  /** Index of the input pixel at or before each output pixel's centre; -1 before the first. */
  base: Int32Array;
  /** How far past that pixel's centre, 0..1. */
  fraction: Float32Array;
}

/**
 * `((x + 0.5) * from / to - 0.5)` in whole numbers, as the kernels do it: in floating point a centre that falls exactly on an
 * input pixel would be rounded to one side here and to the other on a GPU, and another set of taps would answer.
 */
export function axisSamples(from: number, to: number): AxisSamples {
  const base = new Int32Array(to);
  const fraction = new Float32Array(to);
  const denominator = 2 * to;
  for (let x = 0; x < to; x++) {
    // One whole pixel is added so that the division never sees a negative number.
    const numerator = (2 * x + 1) * from + to;
    const whole = Math.floor(numerator / denominator);
    base[x] = whole - 1;
    fraction[x] = (numerator - whole * denominator) / denominator;
  }
  return { base, fraction };
}
