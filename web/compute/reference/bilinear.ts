import type { AxisSamples } from './sampling.ts';
import { PAD_LEFT, type SourceRow } from './source-rows.ts';

/** One output row between two input rows, `fy` of the way down; premultiplied, unpadded. */
export function bilinearRow(
  above: SourceRow,
  below: SourceRow,
  fy: number,
  { base, fraction }: AxisSamples,
  out: Float32Array,
): void {
  const top = above.color;
  const bottom = below.color;
  for (let x = 0; x < base.length; x++) {
    const fx = fraction[x] ?? 0;
    const left = ((base[x] ?? 0) + PAD_LEFT) * 4;
    for (let channel = left; channel < left + 4; channel++) {
      const upper = (top[channel] ?? 0) * (1 - fx) + (top[channel + 4] ?? 0) * fx;
      const lower = (bottom[channel] ?? 0) * (1 - fx) + (bottom[channel + 4] ?? 0) * fx;
      out[x * 4 + channel - left] = upper * (1 - fy) + lower * fy;
    }
  }
}
