/** Sums over the source pixels of a frame: squares of the larger and the smaller second difference, their products, and squares of the detail. */
export interface EdgeMoments {
  larger: number;
  smaller: number;
  both: number;
  detail: number;
}

/** Sums of the products of a tile's detail with either second difference. */
export interface EdgeProducts {
  larger: number;
  smaller: number;
}

/** The multiples of the two second differences that come closest to a frame's detail. */
export interface EdgeFit {
  weights: EdgeProducts;
  moments: EdgeMoments;
  /** Multiple correlation of the detail with the two differences: 0 to 1. */
  correlation: number;
  /** What the fit explains of the frame's detail, as a share of what it would if no tile had the opposite of what it expects there: 1 where none has. */
  agreement: number;
}

/**
 * Cosine of the angle between two frames' fits below which one does the opposite of the other, at most edges. Of the networks' detail of frames that follow
 * each other it is 0.8 at least; of its opposite -0.9 at most. At a cut between aliased scenes that of larger networks may seem to be the opposite.
 */
const OPPOSITE = -0.3;

/** Least squares. Null where the two differences cannot be told apart, as in a picture without edges. */
export function fitEdges(tiles: readonly EdgeProducts[], moments: EdgeMoments): EdgeFit | null {
  const determinant = moments.larger * moments.smaller - moments.both ** 2;
  if (determinant <= 0 || moments.detail <= 0) return null;
  const larger = tiles.reduce((total, tile) => total + tile.larger, 0);
  const smaller = tiles.reduce((total, tile) => total + tile.smaller, 0);
  const weights = {
    larger: (larger * moments.smaller - smaller * moments.both) / determinant,
    smaller: (smaller * moments.larger - larger * moments.both) / determinant,
  };
  let [explained, sizes] = [0, 0];
  for (const tile of tiles) {
    const part = weights.larger * tile.larger + weights.smaller * tile.smaller;
    explained += part;
    sizes += Math.abs(part);
  }
  const correlation = Math.sqrt(Math.max(0, explained / moments.detail));
  return { weights, moments, correlation, agreement: sizes > 0 ? explained / sizes : 0 };
}

/** Whether a frame's detail is the opposite, at this frame's edges, of what the usual weights would make there. */
export function isOpposite({ weights, moments }: EdgeFit, usual: EdgeProducts): boolean {
  const cosine = product(weights, usual, moments);
  const squares = product(weights, weights, moments) * product(usual, usual, moments);
  return cosine < OPPOSITE * Math.sqrt(squares);
}

/** Sum of the products of what two pairs of weights make of a frame's edges. */
function product(one: EdgeProducts, other: EdgeProducts, { larger, smaller, both }: EdgeMoments): number {
  const crosswise = one.larger * other.smaller + one.smaller * other.larger;
  return one.larger * other.larger * larger + one.smaller * other.smaller * smaller + crosswise * both;
}
