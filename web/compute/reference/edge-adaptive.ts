import { type AxisSamples, PAD_LEFT, type SourceRow } from './source-rows.ts';

/** The 4x4 pixels around a position without the corners, which a round kernel of radius two hardly reaches. */
const TAP_X = Int8Array.of(0, 1, -1, 0, 1, 2, -1, 0, 1, 2, 0, 1);
const TAP_Y = Int8Array.of(-1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2);
const TAPS = TAP_X.length;

/** The kernel for one position: an ellipse along the edge there. */
interface Ellipse {
  /** Unit vector across the edge. */
  x: number;
  y: number;
  /** Squared scale across the edge and along it. */
  across: number;
  along: number;
  /** Strength of the negative lobe, and the squared radius where the kernel ends. */
  lobe: number;
  end: number;
}

/**
 * Upscales one row with an edge-adaptive filter in the manner of EASU of AMD FidelityFX Super Resolution 1 (AMD GPUOpen, "FidelityFX Super
 * Resolution 1.0", 2021; the code here is our own). The gradients of the four nearest pixels give the direction and strength of an edge. A
 * 12-tap kernel is stretched along the edge and narrowed across it. The result is clamped to the range of those four pixels, so that the
 * negative lobes cannot ring.
 */
export function edgeAdaptiveRow(
  rows: readonly [SourceRow, SourceRow, SourceRow, SourceRow],
  fy: number,
  { base, fraction }: AxisSamples,
  out: Float32Array,
): void {
  const ellipse: Ellipse = { x: 1, y: 0, across: 1, along: 1, lobe: 0, end: 0 };
  const sum = new Float64Array(4);
  const [, upper, lower] = rows;
  for (let x = 0; x < base.length; x++) {
    const fx = fraction[x] ?? 0;
    const left = (base[x] ?? 0) + PAD_LEFT;
    findEdge(rows, left, fx, fy, ellipse);
    gather(rows, left, fx, fy, ellipse, sum);
    for (let channel = 0; channel < 4; channel++) {
      const at = left * 4 + channel;
      const a = upper.color[at] ?? 0;
      const b = upper.color[at + 4] ?? 0;
      const c = lower.color[at] ?? 0;
      const d = lower.color[at + 4] ?? 0;
      out[x * 4 + channel] = Math.min(Math.max(sum[channel] ?? 0, Math.min(a, b, c, d)), Math.max(a, b, c, d));
    }
  }
}

function findEdge(
  [first, upper, lower, last]: readonly [SourceRow, SourceRow, SourceRow, SourceRow],
  left: number,
  fx: number,
  fy: number,
  ellipse: Ellipse,
): void {
  let gradientX = 0;
  let gradientY = 0;
  let edgeness = 0;
  for (let row = 0; row < 2; row++) {
    const norths = row ? upper.luma : first.luma;
    const here = row ? lower.luma : upper.luma;
    const souths = row ? last.luma : lower.luma;
    for (let column = 0; column < 2; column++) {
      const share = (column ? fx : 1 - fx) * (row ? fy : 1 - fy);
      const x = left + column;
      const west = here[x - 1] ?? 0;
      const center = here[x] ?? 0;
      const east = here[x + 1] ?? 0;
      const north = norths[x] ?? 0;
      const south = souths[x] ?? 0;
      gradientX += share * (east - west);
      gradientY += share * (south - north);
      edgeness += share * (steadiness(west, center, east) + steadiness(north, center, south));
    }
  }
  shape(gradientX, gradientY, edgeness, ellipse);
}

/** 1 where brightness rises or falls steadily through a pixel, as across an edge; 0 where it turns back, as across a thin line. */
function steadiness(before: number, here: number, after: number): number {
  const largest = Math.max(Math.abs(after - here), Math.abs(here - before), SPATIAL.tinyStep);
  const ratio = Math.min(Math.abs(after - before) / largest, 1);
  return ratio * ratio;
}

function shape(gradientX: number, gradientY: number, edgeness: number, ellipse: Ellipse): void {
  const squared = gradientX * gradientX + gradientY * gradientY;
  const isFlat = squared < SPATIAL.flatGradientSquared;
  const length = Math.sqrt(squared);
  ellipse.x = isFlat ? 1 : gradientX / length;
  ellipse.y = isFlat ? 0 : gradientY / length;
  const strength = (edgeness / 2) ** 2;
  // On a diagonal the neighbours across the edge are sqrt(2) away: the kernel is narrowed to keep them out.
  const diagonal = 1 / Math.max(Math.abs(ellipse.x), Math.abs(ellipse.y));
  ellipse.across = (1 + (diagonal - 1) * strength) ** 2;
  ellipse.along = (1 - SPATIAL.stretch * strength) ** 2;
  ellipse.lobe = SPATIAL.lobeFlat + (SPATIAL.lobeEdge - SPATIAL.lobeFlat) * strength;
  ellipse.end = 1 / ellipse.lobe;
}

/** The weighted mean of the taps. */
function gather(
  rows: readonly [SourceRow, SourceRow, SourceRow, SourceRow],
  left: number,
  fx: number,
  fy: number,
  { x, y, across, along, lobe, end }: Ellipse,
  mean: Float64Array,
): void {
  let total = 0;
  let red = 0;
  let green = 0;
  let blue = 0;
  let alpha = 0;
  for (let tap = 0; tap < TAPS; tap++) {
    const column = TAP_X[tap] ?? 0;
    const row = TAP_Y[tap] ?? 0;
    const dx = column - fx;
    const dy = row - fy;
    const u = dx * x + dy * y;
    const v = dy * x - dx * y;
    const weight = kernel(Math.min(u * u * across + v * v * along, end), lobe);
    const color = rows[row + 1]?.color;
    if (!color) continue;
    const at = (left + column) * 4;
    total += weight;
    red += weight * (color[at] ?? 0);
    green += weight * (color[at + 1] ?? 0);
    blue += weight * (color[at + 2] ?? 0);
    alpha += weight * (color[at + 3] ?? 0);
  }
  mean[0] = red / total;
  mean[1] = green / total;
  mean[2] = blue / total;
  mean[3] = alpha / total;
}

/**
 * A windowed cosine in polynomials of the squared distance: zero at distance one, then a negative lobe, and zero again where the window `(1
 * - lobe * d²)²` ends. Needs neither square roots nor transcendental functions.
 */
function kernel(squared: number, lobe: number): number {
  const wave = 0.4 * squared - 1;
  const window = lobe * squared - 1;
  return (1.5625 * wave * wave - 0.5625) * window * window;
}

/**
 * Sharpens one row against its neighbours above, below, left and right, in the manner of RCAS of AMD FidelityFX Super Resolution 1 (AMD
 * GPUOpen, 2021; the code here is our own): adds the difference to their average, clamped to their range. Flat areas and their noise stay
 * as they are, edges get steeper, and nothing rings. Rows are premultiplied RGBA.
 */
export function sharpenRow(above: Float32Array, here: Float32Array, below: Float32Array, out: Float32Array): void {
  const length = here.length;
  for (let i = 0; i < length; i++) {
    const center = here[i] ?? 0;
    const north = above[i] ?? 0;
    const south = below[i] ?? 0;
    const west = i < 4 ? center : (here[i - 4] ?? 0);
    const east = i + 4 < length ? (here[i + 4] ?? 0) : center;
    const least = Math.min(center, north, south, west, east);
    const most = Math.max(center, north, south, west, east);
    const margin = (most - least) * SPATIAL.overshoot;
    const sharp = center + SPATIAL.sharpness * (center - (north + south + west + east) / 4);
    out[i] = Math.min(Math.max(sharp, least - margin), most + margin);
  }
}

/**
 * Parameters of `spatial`, tuned on eight frames of four games at 2x: 0.9 to 3.1 dB above bilinear where the small picture is anti-aliased;
 * 0.5 to 1.0 dB below it where it has one sample a pixel, because its stairs get crisp too. More sharpness gains nothing on the former and
 * loses more on the latter. The kernels have the same numbers, and the browser tests compare the two.
 */
export const SPATIAL = {
  /** Window of the kernel, as 1 over its squared radius: 2 pixels where the picture is flat, longer along an edge. */
  lobeFlat: 0.5,
  lobeEdge: 0.21,
  /** Stretch of the kernel along a clear edge: half the scale is twice the length. */
  stretch: 0.5,
  /** Below this a gradient has no reliable direction: less than two 8-bit steps. */
  flatGradientSquared: 1 / 32768,
  /** Avoids 0 / 0: far below one 8-bit step. */
  tinyStep: 1 / 65536,
  /** Share of the difference to the four neighbours' average that is added. */
  sharpness: 0.6,
  /** How far a sharpened pixel may exceed its neighbours, as a share of their contrast: crisp without a visible halo. */
  overshoot: 0.05,
} as const;
