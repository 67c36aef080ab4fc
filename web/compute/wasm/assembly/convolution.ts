/**
 * A 3x3 convolution by 16-bit integer products with 32-bit sums. Pixels are channels of 16 bits, one pixel after another; a row repeats its
 * first and last pixel once outside the picture.
 */

/** Pixels computed at a time: each loaded weight is used as often. */
export const BLOCK: i32 = 4;

/**
 * Computes a row of one layer.
 *
 * @param above - the pixel before the first of the row above; `here` and `below` likewise.
 * @param inBytes - bytes of an input pixel, a multiple of 8; `outBytes` of an output pixel.
 * @param weights - for each eight outputs, and then the rest of four: [row][column][pair of inputs][output][input in its pair].
 * @param biases - 32 bits an output, with the half that makes the shift round.
 * @param shift - from the scale of the sums to that of the outputs.
 * @param leak - negative values are multiplied by it, of 32768; 0 where they are not.
 * @param out - room for the width rounded up to {@link BLOCK}.
 */
export function convolvedRow(
  above: usize,
  here: usize,
  below: usize,
  inBytes: usize,
  outBytes: usize,
  weights: usize,
  biases: usize,
  shift: i32,
  leak: i32,
  width: i32,
  out: usize,
): void {
  /** Each row of the kernel reads three pixels, which lie one after another. */
  const rowBytes = <usize>3 * inBytes;
  let first: usize = 0;
  for (; first + 16 <= outBytes; first += 16) {
    eightOutputs(above, here, below, inBytes, rowBytes, outBytes, weights, biases, shift, leak, width, out + first);
    weights += 3 * rowBytes * 8;
    biases += 32;
  }
  if (first < outBytes) {
    fourOutputs(above, here, below, inBytes, rowBytes, outBytes, weights, biases, shift, leak, width, out + first);
  }
}

function eightOutputs(
  above: usize,
  here: usize,
  below: usize,
  inBytes: usize,
  rowBytes: usize,
  outBytes: usize,
  weights: usize,
  biases: usize,
  shift: i32,
  leak: i32,
  width: i32,
  out: usize,
): void {
  const biasLow = v128.load(biases);
  const biasHigh = v128.load(biases, 16);
  const leaks = i16x8.splat(<i16>leak);
  for (let x = 0; x < width; x += BLOCK) {
    let low0 = biasLow;
    let low1 = biasLow;
    let low2 = biasLow;
    let low3 = biasLow;
    let high0 = biasHigh;
    let high1 = biasHigh;
    let high2 = biasHigh;
    let high3 = biasHigh;
    let weight = weights;
    for (let row = 0; row < 3; row++) {
      let pixel0 = (row === 0 ? above : row === 1 ? here : below) + <usize>x * inBytes;
      let pixel1 = pixel0 + inBytes;
      let pixel2 = pixel1 + inBytes;
      let pixel3 = pixel2 + inBytes;
      for (const end = pixel0 + rowBytes; pixel0 < end; ) {
        const low = v128.load(weight);
        const high = v128.load(weight, 16);
        const value0 = v128.load32_splat(pixel0);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(value0, low));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(value0, high));
        const value1 = v128.load32_splat(pixel1);
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(value1, low));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(value1, high));
        const value2 = v128.load32_splat(pixel2);
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(value2, low));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(value2, high));
        const value3 = v128.load32_splat(pixel3);
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(value3, low));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(value3, high));

        const nextLow = v128.load(weight, 32);
        const nextHigh = v128.load(weight, 48);
        const next0 = v128.load32_splat(pixel0, 4);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(next0, nextLow));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(next0, nextHigh));
        const next1 = v128.load32_splat(pixel1, 4);
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(next1, nextLow));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(next1, nextHigh));
        const next2 = v128.load32_splat(pixel2, 4);
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(next2, nextLow));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(next2, nextHigh));
        const next3 = v128.load32_splat(pixel3, 4);
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(next3, nextLow));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(next3, nextHigh));

        weight += 64;
        pixel0 += 8;
        pixel1 += 8;
        pixel2 += 8;
        pixel3 += 8;
      }
    }
    v128.store(out, activated(low0, high0, shift, leaks));
    v128.store(out + outBytes, activated(low1, high1, shift, leaks));
    v128.store(out + 2 * outBytes, activated(low2, high2, shift, leaks));
    v128.store(out + 3 * outBytes, activated(low3, high3, shift, leaks));
    out += <usize>BLOCK * outBytes;
  }
}

function fourOutputs(
  above: usize,
  here: usize,
  below: usize,
  inBytes: usize,
  rowBytes: usize,
  outBytes: usize,
  weights: usize,
  biases: usize,
  shift: i32,
  leak: i32,
  width: i32,
  out: usize,
): void {
  const bias = v128.load(biases);
  const leaks = i16x8.splat(<i16>leak);
  for (let x = 0; x < width; x += BLOCK) {
    let sum0 = bias;
    let sum1 = bias;
    let sum2 = bias;
    let sum3 = bias;
    let weight = weights;
    for (let row = 0; row < 3; row++) {
      let pixel0 = (row === 0 ? above : row === 1 ? here : below) + <usize>x * inBytes;
      let pixel1 = pixel0 + inBytes;
      let pixel2 = pixel1 + inBytes;
      let pixel3 = pixel2 + inBytes;
      for (const end = pixel0 + rowBytes; pixel0 < end; ) {
        const first = v128.load(weight);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load32_splat(pixel0), first));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load32_splat(pixel1), first));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load32_splat(pixel2), first));
        sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(v128.load32_splat(pixel3), first));
        const second = v128.load(weight, 16);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load32_splat(pixel0, 4), second));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load32_splat(pixel1, 4), second));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load32_splat(pixel2, 4), second));
        sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(v128.load32_splat(pixel3, 4), second));
        weight += 32;
        pixel0 += 8;
        pixel1 += 8;
        pixel2 += 8;
        pixel3 += 8;
      }
    }
    const first = activated(sum0, sum1, shift, leaks);
    const second = activated(sum2, sum3, shift, leaks);
    v128.store64_lane(out, first, 0);
    v128.store64_lane(out + outBytes, first, 1);
    v128.store64_lane(out + 2 * outBytes, second, 0);
    v128.store64_lane(out + 3 * outBytes, second, 1);
    out += <usize>BLOCK * outBytes;
  }
}

/** Eight sums as 16 bits, saturated; a leak of 0 would cut off negative values, so the last layer passes the largest. */
function activated(low: v128, high: v128, shift: i32, leaks: v128): v128 {
  const values = i16x8.narrow_i32x4_s(i32x4.shr_s(low, shift), i32x4.shr_s(high, shift));
  return i16x8.max_s(values, i16x8.q15mulr_sat_s(values, leaks));
}
