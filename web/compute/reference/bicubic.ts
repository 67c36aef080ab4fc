import { type AxisSamples, PAD_LEFT, type SourceRow } from './source-rows.ts';

type Four = readonly [number, number, number, number];

/**
 * Weights of the four pixels around a position `fraction` of the way from the second to the third: cubic convolution with a = -0.5
 * (R. Keys, "Cubic convolution interpolation for digital image processing", 1981), which reproduces quadratics exactly. At 2x they are
 * multiples of 1/128.
 */
export function bicubicWeights(fraction: number): Four {
  const t = fraction;
  return [
    ((-0.5 * t + 1) * t - 0.5) * t,
    (1.5 * t - 2.5) * t * t + 1,
    ((-1.5 * t + 2) * t + 0.5) * t,
    (0.5 * t - 0.5) * t * t,
  ];
}

/**
 * Upscales one row from the four input rows around it, `fy` of the way from the second to the third. Premultiplied, without padding. A
 * cubic rings at edges: values are clamped to what a colour can be, 0..alpha. Where alpha itself exceeds 1, colours are scaled down with it,
 * so that an edge of transparency does not brighten them.
 */
export function bicubicRow(
  rows: readonly [SourceRow, SourceRow, SourceRow, SourceRow],
  fy: number,
  { base, fraction }: AxisSamples,
  out: Float32Array,
): void {
  const [top, upper, lower, bottom] = bicubicWeights(fy);
  const [first, second, third, fourth] = rows;
  for (let x = 0; x < base.length; x++) {
    const across = bicubicWeights(fraction[x] ?? 0);
    const left = ((base[x] ?? 0) + PAD_LEFT - 1) * 4;
    const along = ({ color }: SourceRow, channel: number) =>
      (color[left + channel] ?? 0) * across[0] +
      (color[left + channel + 4] ?? 0) * across[1] +
      (color[left + channel + 8] ?? 0) * across[2] +
      (color[left + channel + 12] ?? 0) * across[3];
    const sum = (channel: number) =>
      along(first, channel) * top +
      along(second, channel) * upper +
      along(third, channel) * lower +
      along(fourth, channel) * bottom;
    const exactAlpha = sum(3);
    const alpha = Math.min(Math.max(exactAlpha, 0), 1);
    const scale = 1 / Math.max(exactAlpha, 1);
    for (let channel = 0; channel < 3; channel++) {
      out[x * 4 + channel] = Math.min(Math.max(sum(channel) * scale, 0), alpha);
    }
    out[x * 4 + 3] = alpha;
  }
}
