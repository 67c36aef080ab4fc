/**
 * Pixels and rows of pixels: straight RGBA8 in memory; in the filters four floats a pixel, red, green, blue and alpha, premultiplied, in
 * 8-bit steps (0..255). Rows of a filter are padded like those of the reference: two pixels on each side repeat the border.
 */

/** Pixels that repeat the border of a row on each side. */
export const PAD: i32 = 2;
/** Bytes of a pixel in floats. */
export const PIXEL: i32 = 16;

/** Adding it moves the nearest whole number (ties to even) of a float below 2^22 into its lowest bits. */
const ROUNDING: f32 = 12582912.0;
const ROUNDING_BITS: i32 = 0x4b400000;

/** Below a tenth of an 8-bit step of alpha a colour is noise. In 8-bit steps. */
const LEAST_ALPHA: f32 = 0.1;

/** Whether all of `count` pixels have alpha 255. */
export function isOpaque(pixels: usize, count: i32): bool {
  let all = i8x16.splat(-1);
  let i = 0;
  for (; i + 16 <= count; i += 16, pixels += 64) {
    const first = v128.and(v128.load(pixels), v128.load(pixels, 16));
    all = v128.and(all, v128.and(first, v128.and(v128.load(pixels, 32), v128.load(pixels, 48))));
  }
  let least = i32x4.extract_lane(all, 0) & i32x4.extract_lane(all, 1);
  least &= i32x4.extract_lane(all, 2) & i32x4.extract_lane(all, 3);
  for (; i < count; i++, pixels += 4) least &= load<i32>(pixels);
  return least >>> 24 === 255;
}

/** One pixel as floats. */
export function floatPixel(pixel: usize): v128 {
  const bytes = v128.load32_zero(pixel);
  const straight = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
  const opacity = f32x4.extract_lane(straight, 3) * (1.0 / 255.0);
  return f32x4.mul(straight, f32x4.replace_lane(f32x4.splat(opacity), 3, 1.0));
}

/** Converts a row of the picture to a padded row of floats. */
export function floatRow(pixels: usize, width: i32, isOpaque: bool, row: usize): void {
  let to = row + PAD * PIXEL;
  let x = 0;
  if (isOpaque) {
    for (; x + 4 <= width; x += 4, to += 4 * PIXEL) {
      const bytes = v128.load(pixels + x * 4);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)));
      v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), 16);
      v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), 32);
      v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), 48);
    }
  }
  for (; x < width; x++, to += PIXEL) v128.store(to, floatPixel(pixels + x * 4));
  const first = v128.load(row, PAD * PIXEL);
  v128.store(row, first);
  v128.store(row, first, PIXEL);
  const last = v128.load(to - PIXEL);
  v128.store(to, last);
  v128.store(to, last, PIXEL);
}

/** Writes a row of floats, not padded, as straight RGBA8. */
export function writeRow(row: usize, width: i32, isOpaque: bool, pixels: usize): void {
  let x = 0;
  for (; x + 4 <= width; x += 4, row += 4 * PIXEL) {
    const low = i16x8.narrow_i32x4_s(wholePixel(v128.load(row), isOpaque), wholePixel(v128.load(row, PIXEL), isOpaque));
    const high = i16x8.narrow_i32x4_s(
      wholePixel(v128.load(row, 2 * PIXEL), isOpaque),
      wholePixel(v128.load(row, 3 * PIXEL), isOpaque),
    );
    v128.store(pixels + x * 4, i8x16.narrow_i16x8_u(low, high));
  }
  for (; x < width; x++, row += PIXEL) {
    const words = i16x8.narrow_i32x4_s(wholePixel(v128.load(row), isOpaque), i32x4.splat(0));
    store<i32>(pixels + x * 4, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
  }
}

/** A premultiplied pixel as straight whole numbers, which are not limited to bytes. */
function wholePixel(pixel: v128, isOpaque: bool): v128 {
  let values = pixel;
  if (!isOpaque) {
    const alpha = f32x4.extract_lane(values, 3);
    const scale: f32 = alpha > LEAST_ALPHA ? <f32>255.0 / alpha : 0;
    values = f32x4.mul(values, f32x4.replace_lane(f32x4.splat(scale), 3, 1.0));
  }
  // A colour that overshoots is divided by a small alpha: it is limited before the rounding.
  values = f32x4.pmin(f32x4.splat(512.0), f32x4.pmax(f32x4.splat(-512.0), values));
  return i32x4.sub(f32x4.add(values, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
}

/** Weighted sum of two pixels, `share` of the second. */
export function between(first: v128, second: v128, share: v128): v128 {
  return f32x4.add(first, f32x4.mul(f32x4.sub(second, first), share));
}
