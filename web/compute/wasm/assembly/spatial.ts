import { between, PAD, PIXEL } from './rows';

/** The parameters of `spatial` in web/compute/reference/edge-adaptive.ts, which explains the filter. */
const LOBE_FLAT: f32 = 0.5;
const LOBE_EDGE: f32 = 0.21;
const STRETCH: f32 = 0.5;
const FLAT_GRADIENT_SQUARED: f32 = 1.0 / 32768.0;
const SHARPNESS: f32 = 0.6;
const OVERSHOOT: f32 = 0.05;
const TAPS: i32 = 12;
/** Room for what {@link edgeAdaptiveRow} notes about four pixels. */
export const WEIGHTS_BYTES: i32 = (TAPS + 1) * 16;
/** Bytes of the kernels of four pixels. */
export const KERNEL_BYTES: i32 = 4 * 16;

/**
 * Upscales a row. Four output pixels at a time find the weights of their taps; then each adds up its own taps.
 *
 * @param first - the padded row above the two nearest ones; `last` the one below them.
 * @param share - how far the output row is from `upper` to `lower`.
 * @param kernels - of {@link kernelRow}.
 * @param bases - padded to a multiple of four, as is `shares` and the room at `out`.
 * @param weights - room for the weights of four pixels.
 */
export function edgeAdaptiveRow(
  first: usize,
  upper: usize,
  lower: usize,
  last: usize,
  share: f32,
  kernels: usize,
  bases: usize,
  shares: usize,
  outWidth: i32,
  weights: usize,
  out: usize,
): void {
  for (let x: usize = 0, end = <usize>outWidth * 4; x < end; x += 16) {
    const total = tapWeights(kernels + x * 4, shares + x, share, weights);
    for (let pixel: usize = 0; pixel < 16; pixel += 4, out += PIXEL) {
      const left: usize = (load<i32>(bases + x + pixel) + PAD) * PIXEL;
      const scale = v128.load32_splat(total + pixel);
      v128.store(out, gathered(first + left, upper + left, lower + left, last + left, weights + pixel, scale));
    }
  }
}

/** Stores the kernels of four pixels: three factors of a quadratic form of the distance, and the lobe. */
function storeKernels(edges: usize, bases: usize, shares: usize, out: usize): void {
  const one = f32x4.splat(1);
  // The edge at each pixel; then transposed, the same value of all four.
  const edge0 = edgeAt(edges, bases, shares);
  const edge1 = edgeAt(edges, bases + 4, shares + 4);
  const edge2 = edgeAt(edges, bases + 8, shares + 8);
  const edge3 = edgeAt(edges, bases + 12, shares + 12);
  const low = v128.shuffle<f32>(edge0, edge1, 0, 4, 1, 5);
  const high = v128.shuffle<f32>(edge2, edge3, 0, 4, 1, 5);
  const gradientX = v128.shuffle<f64>(low, high, 0, 2);
  const gradientY = v128.shuffle<f64>(low, high, 1, 3);
  const edgeness = v128.shuffle<f64>(
    v128.shuffle<f32>(edge0, edge1, 2, 6, 3, 7),
    v128.shuffle<f32>(edge2, edge3, 2, 6, 3, 7),
    0,
    2,
  );

  const squared = f32x4.add(f32x4.mul(gradientX, gradientX), f32x4.mul(gradientY, gradientY));
  const isFlat = f32x4.lt(squared, f32x4.splat(FLAT_GRADIENT_SQUARED));
  const perLength = f32x4.div(one, f32x4.sqrt(squared));
  const unitX = v128.bitselect(one, f32x4.mul(gradientX, perLength), isFlat);
  const unitY = v128.andnot(f32x4.mul(gradientY, perLength), isFlat);
  const strength = f32x4.mul(f32x4.mul(edgeness, edgeness), f32x4.splat(0.25));
  const diagonal = f32x4.div(one, f32x4.pmax(f32x4.abs(unitX), f32x4.abs(unitY)));
  const narrowed = f32x4.add(one, f32x4.mul(f32x4.sub(diagonal, one), strength));
  const across = f32x4.mul(narrowed, narrowed);
  const stretched = f32x4.sub(one, f32x4.mul(f32x4.splat(STRETCH), strength));
  const along = f32x4.mul(stretched, stretched);
  const lobe = f32x4.add(f32x4.splat(LOBE_FLAT), f32x4.mul(f32x4.splat(LOBE_EDGE - LOBE_FLAT), strength));

  // What the kernel takes is a quadratic form: a dx² + b dx dy + c dy².
  const xx = f32x4.mul(f32x4.mul(unitX, unitX), lobe);
  const yy = f32x4.mul(f32x4.mul(unitY, unitY), lobe);
  const xy = f32x4.mul(f32x4.mul(unitX, unitY), lobe);
  const a = f32x4.add(f32x4.mul(xx, across), f32x4.mul(yy, along));
  const b = f32x4.mul(f32x4.add(xy, xy), f32x4.sub(across, along));
  const c = f32x4.add(f32x4.mul(yy, across), f32x4.mul(xx, along));
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, lobe, 48);
}

/**
 * The kernels of a row's pixels, four at a time. A pass of its own: together with the weights it would need more registers than there are.
 *
 * @param edges - of {@link edgesBetween} in edges.ts.
 * @param out - room for {@link KERNEL_BYTES} for each four pixels.
 */
export function kernelRow(edges: usize, bases: usize, shares: usize, outWidth: i32, out: usize): void {
  for (let x: usize = 0, end = <usize>outWidth * 4; x < end; x += 16, out += KERNEL_BYTES) {
    storeKernels(edges, bases + x, shares + x, out);
  }
}

/** Stores the weights of the twelve taps of four pixels, a vector a tap, and after them 1 over their sums; returns the place of those. */
function tapWeights(kernel: usize, shares: usize, share: f32, weights: usize): usize {
  const one = f32x4.splat(1);
  const a = v128.load(kernel);
  const b = v128.load(kernel, 16);
  const c = v128.load(kernel, 32);
  const lobe = v128.load(kernel, 48);
  const first = f32x4.sub(one, lobe);
  const second = f32x4.sub(one, f32x4.mul(lobe, f32x4.splat(4)));
  // From one tap to the next the form grows by its difference, and that by 2 a. A row starts left of the four nearest pixels.
  const dx = f32x4.sub(f32x4.splat(-1), v128.load(shares));
  const start = f32x4.sub(f32x4.mul(f32x4.mul(a, dx), dx), one);
  const twice = f32x4.add(a, a);
  const growth = f32x4.add(f32x4.mul(twice, dx), a);
  let total = f32x4.splat(0);

  let dy = f32x4.splat(-1 - share);
  let bDy = f32x4.mul(b, dy);
  let t = f32x4.add(f32x4.add(start, f32x4.mul(bDy, dx)), f32x4.mul(f32x4.mul(c, dy), dy));
  let step = f32x4.add(growth, bDy);
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 0, t, first, second));
  t = f32x4.add(t, step);
  total = f32x4.add(total, storeWeight(weights, 1, t, first, second));

  dy = f32x4.splat(-share);
  bDy = f32x4.mul(b, dy);
  t = f32x4.add(f32x4.add(start, f32x4.mul(bDy, dx)), f32x4.mul(f32x4.mul(c, dy), dy));
  step = f32x4.add(growth, bDy);
  total = f32x4.add(total, storeWeight(weights, 2, t, first, second));
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 3, t, first, second));
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 4, t, first, second));
  t = f32x4.add(t, step);
  total = f32x4.add(total, storeWeight(weights, 5, t, first, second));

  dy = f32x4.splat(1 - share);
  bDy = f32x4.mul(b, dy);
  t = f32x4.add(f32x4.add(start, f32x4.mul(bDy, dx)), f32x4.mul(f32x4.mul(c, dy), dy));
  step = f32x4.add(growth, bDy);
  total = f32x4.add(total, storeWeight(weights, 6, t, first, second));
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 7, t, first, second));
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 8, t, first, second));
  t = f32x4.add(t, step);
  total = f32x4.add(total, storeWeight(weights, 9, t, first, second));

  dy = f32x4.splat(2 - share);
  bDy = f32x4.mul(b, dy);
  t = f32x4.add(f32x4.add(start, f32x4.mul(bDy, dx)), f32x4.mul(f32x4.mul(c, dy), dy));
  step = f32x4.add(growth, bDy);
  t = f32x4.add(t, step);
  step = f32x4.add(step, twice);
  total = f32x4.add(total, storeWeight(weights, 10, t, first, second));
  t = f32x4.add(t, step);
  total = f32x4.add(total, storeWeight(weights, 11, t, first, second));
  const scales = weights + TAPS * 16;
  v128.store(scales, f32x4.div(one, total));
  return scales;
}

/** A row of edges starts one pixel before the picture. */
function edgeAt(edges: usize, base: usize, share: usize): v128 {
  const left = edges + (load<i32>(base) + 1) * PIXEL;
  return between(v128.load(left), v128.load(left, PIXEL), v128.load32_splat(share));
}

/**
 * The kernel of the reference is `((0.4 d - 1)² 1.5625 - 0.5625) (lobe d - 1)²` up to the end of its window, where `lobe d` is 1. A factor of
 * all taps makes no difference: with `t = lobe d - 1` it is `(t + 1 - lobe) (t + 1 - 4 lobe) t²`.
 */
function storeWeight(weights: usize, tap: i32, form: v128, first: v128, second: v128): v128 {
  const t = f32x4.pmin(form, f32x4.splat(0));
  const weight = f32x4.mul(f32x4.mul(f32x4.add(t, first), f32x4.add(t, second)), f32x4.mul(t, t));
  v128.store(weights + tap * 16, weight);
  return weight;
}

/** The weighted mean of a pixel's taps, limited to the range of the four nearest input pixels. */
function gathered(first: usize, upper: usize, lower: usize, last: usize, weights: usize, scale: v128): v128 {
  const topLeft = v128.load(upper);
  const topRight = v128.load(upper, PIXEL);
  const bottomLeft = v128.load(lower);
  const bottomRight = v128.load(lower, PIXEL);
  let even = f32x4.mul(v128.load(first), v128.load32_splat(weights));
  let odd = f32x4.mul(v128.load(first, PIXEL), v128.load32_splat(weights, 16));
  even = f32x4.add(even, f32x4.mul(v128.load(upper - PIXEL), v128.load32_splat(weights, 2 * 16)));
  odd = f32x4.add(odd, f32x4.mul(topLeft, v128.load32_splat(weights, 3 * 16)));
  even = f32x4.add(even, f32x4.mul(topRight, v128.load32_splat(weights, 4 * 16)));
  odd = f32x4.add(odd, f32x4.mul(v128.load(upper, 2 * PIXEL), v128.load32_splat(weights, 5 * 16)));
  even = f32x4.add(even, f32x4.mul(v128.load(lower - PIXEL), v128.load32_splat(weights, 6 * 16)));
  odd = f32x4.add(odd, f32x4.mul(bottomLeft, v128.load32_splat(weights, 7 * 16)));
  even = f32x4.add(even, f32x4.mul(bottomRight, v128.load32_splat(weights, 8 * 16)));
  odd = f32x4.add(odd, f32x4.mul(v128.load(lower, 2 * PIXEL), v128.load32_splat(weights, 9 * 16)));
  even = f32x4.add(even, f32x4.mul(v128.load(last), v128.load32_splat(weights, 10 * 16)));
  odd = f32x4.add(odd, f32x4.mul(v128.load(last, PIXEL), v128.load32_splat(weights, 11 * 16)));
  const mean = f32x4.mul(f32x4.add(even, odd), scale);
  const least = f32x4.pmin(f32x4.pmin(topLeft, topRight), f32x4.pmin(bottomLeft, bottomRight));
  const most = f32x4.pmax(f32x4.pmax(topLeft, topRight), f32x4.pmax(bottomLeft, bottomRight));
  return f32x4.pmin(f32x4.pmax(mean, least), most);
}

/** Sharpens a row of upscaled pixels, not padded, against its neighbours. */
export function sharpenRow(above: usize, here: usize, below: usize, width: i32, out: usize): void {
  const last: usize = (width - 1) * PIXEL;
  let west = v128.load(here);
  let center = west;
  for (let at: usize = 0; at <= last; at += PIXEL) {
    const east = at < last ? v128.load(here + at, PIXEL) : center;
    const north = v128.load(above + at);
    const south = v128.load(below + at);
    const least = f32x4.pmin(center, f32x4.pmin(f32x4.pmin(north, south), f32x4.pmin(west, east)));
    const most = f32x4.pmax(center, f32x4.pmax(f32x4.pmax(north, south), f32x4.pmax(west, east)));
    const margin = f32x4.mul(f32x4.sub(most, least), f32x4.splat(OVERSHOOT));
    const around = f32x4.add(f32x4.add(north, south), f32x4.add(west, east));
    const sharp = f32x4.sub(
      f32x4.mul(center, f32x4.splat(1 + SHARPNESS)),
      f32x4.mul(around, f32x4.splat(SHARPNESS / 4)),
    );
    v128.store(out + at, f32x4.pmin(f32x4.pmax(sharp, f32x4.sub(least, margin)), f32x4.add(most, margin)));
    west = center;
    center = east;
  }
}
