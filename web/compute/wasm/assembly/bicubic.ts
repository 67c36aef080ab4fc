import { PAD, PIXEL } from './rows';

/** Catmull-Rom's `a` (Keys, "Cubic convolution interpolation for digital image processing", 1981). */
const A: f32 = -0.5;

/** The weights of the four pixels around a place `share` past the second one. */
export function cubicWeights(share: f32): v128 {
  const before: f32 = 1 + share;
  const after: f32 = 1 - share;
  const beyond: f32 = 2 - share;
  return f32x4(outer(before), inner(share), inner(after), outer(beyond));
}

function inner(distance: f32): f32 {
  return ((A + 2) * distance - (A + 3)) * distance * distance + 1;
}

function outer(distance: f32): f32 {
  return ((A * distance - 5 * A) * distance + 8 * A) * distance - 4 * A;
}

/**
 * Interpolates a row: down between four padded rows, then across. Overshoot of an opaque picture is left to whoever writes the row.
 *
 * @param down - of {@link cubicWeights}.
 * @param across - the same for each output pixel, in memory.
 * @param line - room for a padded row.
 */
export function bicubicRow(
  first: usize,
  upper: usize,
  lower: usize,
  last: usize,
  down: v128,
  paddedWidth: i32,
  bases: usize,
  across: usize,
  outWidth: i32,
  isOpaque: bool,
  line: usize,
  out: usize,
): void {
  const down0 = v128.shuffle<f32>(down, down, 0, 0, 0, 0);
  const down1 = v128.shuffle<f32>(down, down, 1, 1, 1, 1);
  const down2 = v128.shuffle<f32>(down, down, 2, 2, 2, 2);
  const down3 = v128.shuffle<f32>(down, down, 3, 3, 3, 3);
  for (let at: usize = 0, end = <usize>(paddedWidth * PIXEL); at < end; at += PIXEL) {
    const outer = f32x4.add(f32x4.mul(v128.load(first + at), down0), f32x4.mul(v128.load(last + at), down3));
    const inner = f32x4.add(f32x4.mul(v128.load(upper + at), down1), f32x4.mul(v128.load(lower + at), down2));
    v128.store(line + at, f32x4.add(outer, inner));
  }
  const start = line + (PAD - 1) * PIXEL;
  for (let x = 0; x < outWidth; x++, bases += 4, across += PIXEL, out += PIXEL) {
    const left = start + load<i32>(bases) * PIXEL;
    const outer = f32x4.add(
      f32x4.mul(v128.load(left), v128.load32_splat(across)),
      f32x4.mul(v128.load(left, 3 * PIXEL), v128.load32_splat(across, 12)),
    );
    const inner = f32x4.add(
      f32x4.mul(v128.load(left, PIXEL), v128.load32_splat(across, 4)),
      f32x4.mul(v128.load(left, 2 * PIXEL), v128.load32_splat(across, 8)),
    );
    const sum = f32x4.add(outer, inner);
    v128.store(out, isOpaque ? sum : limited(sum));
  }
}

/** Limits alpha to 0..255 and colours to 0..alpha; where alpha exceeds 255, colours are scaled down with it. */
function limited(pixel: v128): v128 {
  const exact = f32x4.extract_lane(pixel, 3);
  const alpha = f32x4.splat(max<f32>(min<f32>(exact, 255), 0));
  const scaled = f32x4.mul(pixel, f32x4.splat(<f32>255 / max<f32>(exact, 255)));
  return f32x4.pmax(f32x4.pmin(scaled, alpha), f32x4.splat(0));
}
