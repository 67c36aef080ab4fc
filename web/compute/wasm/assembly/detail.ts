import { floatPixel, PIXEL } from './rows';

/** Luma weights of sRGB-encoded colours (ITU-R BT.709, item 3.2), as in shared/detail.ts; as are the codes. */
const RED: f32 = 0.2126;
const GREEN: f32 = 0.7152;
const BLUE: f32 = 0.0722;
const NO_DETAIL: f32 = 128;
const MAX_CODES: f32 = 107;

/**
 * Codes the luma that a row of the sharp picture has more than the base.
 *
 * @param base - premultiplied floats, not padded, not limited; room for four pixels after the last.
 * @param sharp - straight RGBA8.
 * @param gain - codes for one 8-bit level; `deadZone` is in 8-bit levels.
 * @param codes - one byte a pixel, up to the next multiple of four.
 */
export function detailRow(
  base: usize,
  sharp: usize,
  width: i32,
  isOpaque: bool,
  gain: f32,
  deadZone: f32,
  codes: usize,
): void {
  for (let x = 0; x < width; x += 4, base += 4 * PIXEL, sharp += 16, codes += 4) {
    const steps = lumaOfFour(
      moreThanBase(sharp, base, isOpaque),
      moreThanBase(sharp + 4, base + PIXEL, isOpaque),
      moreThanBase(sharp + 8, base + 2 * PIXEL, isOpaque),
      moreThanBase(sharp + 12, base + 3 * PIXEL, isOpaque),
    );
    const isDetail = f32x4.ge(f32x4.abs(steps), f32x4.splat(deadZone));
    const exact = f32x4.mul(v128.and(steps, isDetail), f32x4.splat(gain));
    const limited = f32x4.pmin(f32x4.pmax(exact, f32x4.splat(-MAX_CODES)), f32x4.splat(MAX_CODES));
    // Halves are rounded up, as in the reference.
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.add(limited, f32x4.splat(NO_DETAIL + 0.5)));
    const words = i16x8.narrow_i32x4_s(whole, whole);
    store<i32>(codes, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
  }
}

/** Weighted differences of red, green and blue; nothing for alpha. */
function moreThanBase(sharp: usize, base: usize, isOpaque: bool): v128 {
  const limited = f32x4.pmin(f32x4.pmax(v128.load(base), f32x4.splat(0)), f32x4.splat(255));
  const colours = isOpaque ? straightPixel(sharp) : floatPixel(sharp);
  return f32x4.mul(f32x4.sub(colours, limited), f32x4(RED, GREEN, BLUE, 0));
}

function straightPixel(pixel: usize): v128 {
  const bytes = v128.load32_zero(pixel);
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

/** The sum of each pixel's values. */
function lumaOfFour(first: v128, second: v128, third: v128, fourth: v128): v128 {
  const redGreen = f32x4.add(
    v128.shuffle<f32>(first, second, 0, 4, 2, 6),
    v128.shuffle<f32>(first, second, 1, 5, 3, 7),
  );
  const blueAlpha = f32x4.add(
    v128.shuffle<f32>(third, fourth, 0, 4, 2, 6),
    v128.shuffle<f32>(third, fourth, 1, 5, 3, 7),
  );
  return f32x4.add(
    v128.shuffle<f32>(redGreen, blueAlpha, 0, 1, 4, 5),
    v128.shuffle<f32>(redGreen, blueAlpha, 2, 3, 6, 7),
  );
}
