import type { NetworkShape } from '../models/manifest.ts';
import { haloOf } from './halo.ts';

/** Rows of a picture that a network is given at a time: `from` to `to` are read, and of what it gives `first` to `last` are right. */
export interface Band {
  from: number;
  to: number;
  first: number;
  last: number;
}

/** Of what is read, at most this part may be beside what is kept: more would be computed twice for nothing. */
const MOST_BESIDE = 1 / 8;

/**
 * Cuts a picture where it can be put together again without a seam: rows that a cut falsifies are computed and left out. So the memory a
 * network takes does not grow with the picture, and between two bands others may have their turn.
 */
export function bandsOf(
  { width, height }: { width: number; height: number },
  network: NetworkShape,
  maxPixels: number,
): Band[] {
  const halo = haloOf(network);
  const least = (2 * halo) / MOST_BESIDE - 2 * halo;
  const rows = Math.max(least, Math.floor(maxPixels / width), 1);
  const count = Math.max(1, Math.ceil(height / rows));
  const share = Math.ceil(height / count);
  const bands: Band[] = [];
  for (let first = 0; first < height; first += share) {
    const last = Math.min(first + share, height);
    bands.push({ from: Math.max(0, first - halo), to: Math.min(last + halo, height), first, last });
  }
  return bands;
}
