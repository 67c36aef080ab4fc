import type { NetworkShape } from '../models/manifest.ts';

/** Source pixels along one axis, from the first to before the last. */
export interface Span {
  from: number;
  to: number;
}

/** Source pixels on each side that a result depends on: one of the unshuffled picture for each 3x3 convolution. */
export function haloOf({ widths, unshuffle }: NetworkShape): number {
  return (widths.length - 1) * unshuffle;
}

/**
 * What a part of a picture must be given with it, along one axis, for its result to be the same as of the whole, in every pixel: the
 * halo, and whole blocks of unshuffled pixels. Cut twice the part out of what comes of it.
 * @param size of the whole picture.
 */
export function withHalo(shape: NetworkShape, { from, to }: Span, size: number): Span {
  const { unshuffle } = shape;
  const halo = haloOf(shape);
  return {
    from: Math.max(0, Math.floor((from - halo) / unshuffle) * unshuffle),
    to: Math.min(size, Math.ceil((to + halo) / unshuffle) * unshuffle),
  };
}
