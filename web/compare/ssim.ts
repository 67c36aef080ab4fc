import { PEAK } from './luma.ts';

// Constants of the original paper (Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004).
const SIDE = 11;
const SIGMA = 1.5;
const C1 = (0.01 * PEAK) ** 2;
const C2 = (0.03 * PEAK) ** 2;

const WINDOW = gaussian();

export interface LumaPicture {
  width: number;
  height: number;
  luma: Float32Array;
}

/** Returns a function that compares a luma of the same size with the truth: the mean over all windows inside, 1 at most. */
export function ssimAgainst({ width, height, luma }: LumaPicture): (made: Float32Array) => number {
  const blur = (values: Float64Array) => blurred(values, width, height);
  const truth = new Float64Array(luma);
  const mean = blur(truth);
  const square = blur(product(truth, truth));
  return (madeLuma) => {
    const made = new Float64Array(madeLuma);
    const madeMean = blur(made);
    const madeSquare = blur(product(made, made));
    const both = blur(product(made, truth));
    let sum = 0;
    for (let i = 0; i < mean.length; i++) {
      const x = mean[i] ?? 0;
      const y = madeMean[i] ?? 0;
      const covariance = (both[i] ?? 0) - x * y;
      const variances = (square[i] ?? 0) - x * x + (madeSquare[i] ?? 0) - y * y;
      sum += ((2 * x * y + C1) * (2 * covariance + C2)) / ((x * x + y * y + C1) * (variances + C2));
    }
    return sum / mean.length;
  };
}

function product(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, i) => value * (other[i] ?? 0));
}

/** Only where the whole window is inside. In double precision: a variance is the small difference of two squares. */
function blurred(values: Float64Array, width: number, height: number): Float64Array {
  const outWidth = width - SIDE + 1;
  const outHeight = height - SIDE + 1;
  const wide = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y++) addWindow(values, y * width, 1, wide, y * outWidth, outWidth);
  const out = new Float64Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) addWindow(wide, y * outWidth, outWidth, out, y * outWidth, outWidth);
  return out;
}

/** A row of weighted sums of eleven values, `step` apart. Unrolled, since a loop over the window takes three times as long. */
function addWindow(
  from: Float64Array,
  start: number,
  step: number,
  to: Float64Array,
  toStart: number,
  count: number,
): void {
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0] = WINDOW;
  for (let x = 0; x < count; x++) {
    const at = start + x;
    to[toStart + x] =
      w0 * ((from[at] ?? 0) + (from[at + 10 * step] ?? 0)) +
      w1 * ((from[at + step] ?? 0) + (from[at + 9 * step] ?? 0)) +
      w2 * ((from[at + 2 * step] ?? 0) + (from[at + 8 * step] ?? 0)) +
      w3 * ((from[at + 3 * step] ?? 0) + (from[at + 7 * step] ?? 0)) +
      w4 * ((from[at + 4 * step] ?? 0) + (from[at + 6 * step] ?? 0)) +
      w5 * (from[at + 5 * step] ?? 0);
  }
}

function gaussian(): Float64Array {
  const middle = (SIDE - 1) / 2;
  const weights = Float64Array.from({ length: SIDE }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * SIGMA ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
