import { SPATIAL } from './spatial-constants.ts';

/**
 * Sharpens one row against its neighbours above, below, left and right, in the manner of FSR 1's RCAS (published: GPUOpen, 2021;
 * the code is our own): the difference to their average is added, as far as the result stays within their contrast. So flat
 * areas and their noise stay as they are, edges get steeper, and nothing rings. Rows are premultiplied RGBA.
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
