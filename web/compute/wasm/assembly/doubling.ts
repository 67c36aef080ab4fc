/**
 * The ends of a network: its input, an opaque picture, and the result, which is the bilinear one at twice the size plus the network's detail.
 * Values are 16 bits, 128 of them an 8-bit step; red, green, blue and alpha of a pixel one after another.
 */

/** Bytes of a pixel. */
export const SOURCE_BYTES: i32 = 8;

/** Converts a row of the picture. */
export function fixedRow(pixels: usize, width: i32, row: usize): void {
  let x = 0;
  for (; x + 4 <= width; x += 4, row += 4 * SOURCE_BYTES) {
    const bytes = v128.load(pixels + x * 4);
    v128.store(row, i16x8.shl(i16x8.extend_low_i8x16_u(bytes), 7));
    v128.store(row, i16x8.shl(i16x8.extend_high_i8x16_u(bytes), 7), 16);
  }
  for (; x < width; x++, row += SOURCE_BYTES) {
    const bytes = v128.load32_zero(pixels + x * 4);
    v128.store64_lane(row, i16x8.shl(i16x8.extend_low_i8x16_u(bytes), 7), 0);
  }
}

/**
 * Writes one of the two result rows of a source row.
 *
 * @param near - the source row above for the upper result row, below for the lower one; from the pixel before the first, as `here`.
 * @param detail - from the first pixel: four values each, [result row][result column], or those of red, then green, then blue.
 * @param room - for a padded row.
 */
export function doubledRow(
  near: usize,
  here: usize,
  detail: usize,
  width: i32,
  paddedPixels: i32,
  isLuma: bool,
  isLower: bool,
  room: usize,
  out: usize,
): void {
  for (let at = 0; at < paddedPixels * SOURCE_BYTES; at += 16) {
    v128.store(room + at, aQuarter(v128.load(here + at), v128.load(near + at)));
  }
  const detailBytes: usize = isLuma ? 8 : 24;
  let from = room + SOURCE_BYTES;
  for (let x = 0; x < width; x += 2, from += 2 * SOURCE_BYTES, detail += 2 * detailBytes, out += 16) {
    // Two source pixels, and those to their left and right.
    const center = v128.load(from);
    const left = aQuarter(center, v128.load(from - SOURCE_BYTES));
    const right = aQuarter(center, v128.load(from + SOURCE_BYTES));
    const first = i16x8.add_sat_s(v128.shuffle<i64>(left, right, 0, 2), detailAt(detail, isLuma, isLower));
    const second = i16x8.add_sat_s(
      v128.shuffle<i64>(left, right, 1, 3),
      detailAt(detail + detailBytes, isLuma, isLower),
    );
    const bytes = bytesOf(first, second);
    if (x + 1 < width) v128.store(out, bytes);
    else v128.store64_lane(out, bytes, 0);
  }
}

/** A quarter of the way from `near` to `far`, rounded. */
function aQuarter(near: v128, far: v128): v128 {
  // The difference of two values from 0 to 32640 fits 16 bits.
  return i16x8.add(near, i16x8.shr_s(i16x8.add_sat_s(i16x8.sub(far, near), i16x8.splat(2)), 2));
}

/** The detail of the two result pixels above or below in a source pixel; nothing for alpha. */
function detailAt(detail: usize, isLuma: bool, isLower: bool): v128 {
  if (isLuma) {
    const values = v128.load64_zero(detail);
    return isLower
      ? v128.shuffle<i16>(values, values, 2, 2, 2, 7, 3, 3, 3, 7)
      : v128.shuffle<i16>(values, values, 0, 0, 0, 7, 1, 1, 1, 7);
  }
  const redGreen = v128.load(detail);
  const blue = v128.load64_zero(detail, 16);
  return isLower
    ? v128.shuffle<i16>(redGreen, blue, 2, 6, 10, 15, 3, 7, 11, 15)
    : v128.shuffle<i16>(redGreen, blue, 0, 4, 8, 15, 1, 5, 9, 15);
}

function bytesOf(first: v128, second: v128): v128 {
  const half = i16x8.splat(64);
  return i8x16.narrow_i16x8_u(
    i16x8.shr_s(i16x8.add_sat_s(first, half), 7),
    i16x8.shr_s(i16x8.add_sat_s(second, half), 7),
  );
}
