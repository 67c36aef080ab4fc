import { between, PAD, PIXEL } from './rows';

/** Avoids 0 / 0: of `SPATIAL` in web/compute/reference/edge-adaptive.ts. */
const TINY_STEP: f32 = 1.0 / 65536.0;

/** Brightness of a padded row, 0..2, a float a pixel; `room` for a multiple of four. */
export function lumaRow(row: usize, paddedWidth: i32, luma: usize): void {
  const weights = f32x4(0.25 / 255.0, 0.5 / 255.0, 0.25 / 255.0, 1.0 / 255.0);
  for (let x = 0; x < paddedWidth; x += 4, row += 4 * PIXEL, luma += 16) {
    const a = f32x4.mul(v128.load(row), weights);
    const b = f32x4.mul(v128.load(row, 16), weights);
    const c = f32x4.mul(v128.load(row, 32), weights);
    const d = f32x4.mul(v128.load(row, 48), weights);
    // The sums of each pixel's four values, by transposing.
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
    v128.store(luma, f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7)));
  }
}

/**
 * What the reference finds at each of an output pixel's four nearest input pixels, computed once an input pixel: the gradient and whether
 * it is an edge. Four floats a pixel: gradient across and down, edgeness, nothing. Starts one pixel before the picture.
 */
export function edgeRow(north: usize, here: usize, south: usize, width: i32, edges: usize): void {
  const zero = f32x4.splat(0);
  for (let x = PAD - 1; x < width + PAD + 1; x += 4, edges += 4 * PIXEL) {
    const at: usize = x * 4;
    const west = v128.load(here + at - 4);
    const center = v128.load(here + at);
    const east = v128.load(here + at + 4);
    const above = v128.load(north + at);
    const below = v128.load(south + at);
    const across = f32x4.sub(east, west);
    const down = f32x4.sub(below, above);
    const edge = f32x4.add(steadiness(west, center, east, across), steadiness(above, center, below, down));
    const low = v128.shuffle<f32>(across, down, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(across, down, 2, 6, 3, 7);
    const lowEdge = v128.shuffle<f32>(edge, zero, 0, 4, 1, 5);
    const highEdge = v128.shuffle<f32>(edge, zero, 2, 6, 3, 7);
    v128.store(edges, v128.shuffle<f64>(low, lowEdge, 0, 2));
    v128.store(edges, v128.shuffle<f64>(low, lowEdge, 1, 3), 16);
    v128.store(edges, v128.shuffle<f64>(high, highEdge, 0, 2), 32);
    v128.store(edges, v128.shuffle<f64>(high, highEdge, 1, 3), 48);
  }
}

function steadiness(before: v128, here: v128, after: v128, change: v128): v128 {
  const steps = f32x4.pmax(f32x4.abs(f32x4.sub(after, here)), f32x4.abs(f32x4.sub(here, before)));
  const largest = f32x4.pmax(steps, f32x4.splat(TINY_STEP));
  const ratio = f32x4.pmin(f32x4.div(f32x4.abs(change), largest), f32x4.splat(1));
  return f32x4.mul(ratio, ratio);
}

/** Interpolates two rows of edges, `share` of the second. */
export function edgesBetween(above: usize, below: usize, share: f32, width: i32, out: usize): void {
  const down = f32x4.splat(share);
  for (let at: usize = 0, end = <usize>((width + 2) * PIXEL); at < end; at += PIXEL) {
    v128.store(out + at, between(v128.load(above + at), v128.load(below + at), down));
  }
}
