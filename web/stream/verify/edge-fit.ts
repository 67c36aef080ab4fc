/**
 * Fits a frame's detail to its second differences by least squares.
 *
 * Of the second difference across and the upright one, the major is the larger and the minor the smaller.
 */

/** Sums over the source pixels of a frame. */
export interface EdgeMoments {
  /** Squares of the major second difference. */
  major: number;
  /** Squares of the minor one. */
  minor: number;
  /** Products of the two. */
  cross: number;
  /** Squares of the detail. */
  detail: number;
}

/** Sums of the products of a tile's detail with either second difference. */
export interface EdgeProducts {
  major: number;
  minor: number;
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

/** The fit of a frame with least squared errors. Null where the two differences cannot be told apart, as in a picture without edges. */
export function fitEdges(tiles: readonly EdgeProducts[], moments: EdgeMoments): EdgeFit | null {
  const determinant = moments.major * moments.minor - moments.cross ** 2;
  if (determinant <= 0 || moments.detail <= 0) return null;
  const major = tiles.reduce((total, tile) => total + tile.major, 0);
  const minor = tiles.reduce((total, tile) => total + tile.minor, 0);
  const weights = {
    major: (major * moments.minor - minor * moments.cross) / determinant,
    minor: (minor * moments.major - major * moments.cross) / determinant,
  };
  let [explained, sizes] = [0, 0];
  for (const tile of tiles) {
    const part = weights.major * tile.major + weights.minor * tile.minor;
    explained += part;
    sizes += Math.abs(part);
  }
  const correlation = Math.sqrt(Math.max(0, explained / moments.detail));
  return { weights, moments, correlation, agreement: sizes > 0 ? explained / sizes : 0 };
}

/** Whether a frame's detail is the opposite, at this frame's edges, of what the usual weights would make there. */
export function isOpposite({ weights, moments }: EdgeFit, usual: EdgeProducts): boolean {
  const cosine = innerProduct(weights, usual, moments);
  const squares = innerProduct(weights, weights, moments) * innerProduct(usual, usual, moments);
  return cosine < OPPOSITE * Math.sqrt(squares);
}

/** Inner product of what two pairs of weights make of a frame's edges. */
function innerProduct(one: EdgeProducts, other: EdgeProducts, { major, minor, cross }: EdgeMoments): number {
  const crosswise = one.major * other.minor + one.minor * other.major;
  return one.major * other.major * major + one.minor * other.minor * minor + crosswise * cross;
}
