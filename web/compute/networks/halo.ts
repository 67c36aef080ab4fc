import type { NetworkShape } from '../models/manifest.ts';

/** Source pixels along one axis, from the first to before the last. */
export interface Span {
  from: number;
  to: number;
}

/** Source pixels on each side that a result depends on: one for each 3x3 convolution. */
export function haloOf({ widths }: NetworkShape): number {
  return widths.length - 1;
}

/**
 * What a part of a picture must be given with it, along one axis, for its result to be the same as of the whole, in every pixel. Cut
 * twice the part out of what comes of it.
 * @param size of the whole picture.
 */
export function withHalo(shape: NetworkShape, { from, to }: Span, size: number): Span {
  const halo = haloOf(shape);
  return { from: Math.max(0, from - halo), to: Math.min(size, to + halo) };
}
