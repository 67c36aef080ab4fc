/** The code of no detail, as in shared/detail.ts. */
const NO_DETAIL: i32 = 128;
/** Largest distance of a code from it, as in shared/detail.ts. */
const MAX_DETAIL_CODES: i32 = 107;
/** What a code's distance from no detail is multiplied by before it is scaled: it then fills a 16-bit number, of which the product keeps the upper half. */
const DISTANCE_SHIFT: i32 = 4;

/**
 * Adds detail to opaque pixels: the same to red, green and blue, limited to 0..255.
 *
 * @param pixels - RGBA8, changed in place.
 * @param codes - one byte a pixel.
 * @param scale - 8-bit levels for one code, in 2048ths, 0..32767.
 * @param deadZone - distance of a code from no detail up to which it adds nothing.
 * @param most - 8-bit levels that are added at most, 0..255.
 */
export function addDetail(pixels: usize, codes: usize, count: i32, scale: i32, deadZone: i32, most: i32): void {
  const scales = i16x8.splat(<i16>scale);
  const threshold = i16x8.splat(<i16>deadZone);
  const bound = i16x8.splat(<i16>most);
  let i = 0;
  for (; i + 16 <= count; i += 16, pixels += 64) {
    const group = v128.load(codes + i);
    const low = offsets(i16x8.extend_low_i8x16_u(group), scales, threshold, bound);
    const high = offsets(i16x8.extend_high_i8x16_u(group), scales, threshold, bound);
    if (!v128.any_true(v128.or(low, high))) continue;
    const brighter = i8x16.narrow_i16x8_u(low, high);
    const darker = i8x16.narrow_i16x8_u(i16x8.neg(low), i16x8.neg(high));
    // Alpha gets the byte 16 of a vector, which is none: 0.
    change(pixels, brighter, darker, i8x16(0, 0, 0, 16, 1, 1, 1, 16, 2, 2, 2, 16, 3, 3, 3, 16));
    change(pixels + 16, brighter, darker, i8x16(4, 4, 4, 16, 5, 5, 5, 16, 6, 6, 6, 16, 7, 7, 7, 16));
    change(pixels + 32, brighter, darker, i8x16(8, 8, 8, 16, 9, 9, 9, 16, 10, 10, 10, 16, 11, 11, 11, 16));
    change(pixels + 48, brighter, darker, i8x16(12, 12, 12, 16, 13, 13, 13, 16, 14, 14, 14, 16, 15, 15, 15, 16));
  }
  for (; i < count; i++, pixels += 4) {
    const words = i16x8.splat(<i16>load<u8>(codes + i));
    const offset = <i32>i16x8.extract_lane_s(offsets(words, scales, threshold, bound), 0);
    for (let channel: usize = 0; channel < 3; channel++) {
      const value = <i32>load<u8>(pixels + channel) + offset;
      store<u8>(pixels + channel, <u8>max(min(value, 255), 0));
    }
  }
}

/** What eight codes add, in 8-bit levels. */
function offsets(codes: v128, scales: v128, threshold: v128, bound: v128): v128 {
  const distance = limited(i16x8.sub(codes, i16x8.splat(<i16>NO_DETAIL)), i16x8.splat(<i16>MAX_DETAIL_CODES));
  const counts = i16x8.gt_s(i16x8.abs(distance), threshold);
  const scaled = i16x8.q15mulr_sat_s(i16x8.shl(distance, DISTANCE_SHIFT), scales);
  return v128.and(limited(scaled, bound), counts);
}

function limited(values: v128, most: v128): v128 {
  return i16x8.max_s(i16x8.min_s(values, most), i16x8.neg(most));
}

function change(pixels: usize, brighter: v128, darker: v128, spread: v128): void {
  const lit = i8x16.add_sat_u(v128.load(pixels), i8x16.swizzle(brighter, spread));
  v128.store(pixels, i8x16.sub_sat_u(lit, i8x16.swizzle(darker, spread)));
}
