import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { type EdgeFit, type EdgeMoments, type EdgeProducts, fitEdges } from './edge-fit.ts';
import { EDGE_TILE, type SourceEdges } from './source-edges.ts';

/**
 * Limits of what honest detail does, in 8-bit levels unless said otherwise. Means and root mean squares were measured on 656 frames of five games, smooth and aliased, with every network
 * and `spatial`, VP8, VP9, AV1 and H.264 both ways, at 300 + 150 kb/s to 4 + 2 Mb/s; each several times, with other rows. Correlation and agreement on frames
 * of three other games with each network as trained (docs/trust.md).
 */
const LIMITS = {
  /** Mean of a frame: 0.3 at most. A network keeps the brightness of what it enlarges. */
  mean: 0.6,
  /** Mean of a tile, and what of its contrast may come on top: 1.6 in one tile of a million. */
  tileMean: { floor: 2, perContrast: 0.2 },
  /** Root mean square of a tile likewise: 4.2 at most, where a codec's traces of what moved are sharpened too. */
  tileRms: { floor: 6, perContrast: 0.6 },
  /**
   * Multiple correlation of a frame's detail with the larger and the smaller second difference: of smooth pictures 0.5 at least, of aliased ones 0.19, of those
   * 0.14 after H.264 with a quantiser of 38. Of detail with random signs, or the signs of a fine checker, it is 0.02, and 0.11 at most.
   */
  correlation: 0.12,
  /** How far the tiles agree with the frame: 0.53 at least. Where one half has the other sign it is 0.2 as a rule. */
  agreement: 0.4,
} as const;
/** Root mean squares of a frame's detail and of its second differences, 8-bit levels, below which they are too small to be correlated. */
const MIN_DETAIL_RMS_LEVELS = 0.6;
const MIN_EDGE_RMS_LEVELS = 2;
/** What of a pixel's detail counts for the correlation, 8-bit levels: a few strong edges would otherwise decide it. */
const MAX_COUNTED_LEVELS = 4;
/** Samples of a whole tile, and of the smallest one that is judged: those at the borders have fewer, and tell less. */
const TILE_SAMPLES = EDGE_TILE.width * EDGE_TILE.rows;
const MIN_SAMPLES = 16;

/**
 * A source pixel becomes up to 16, of which four are looked at: in two columns half of its width apart, and two rows likewise. Each sampled row has one of this
 * many pairs of columns.
 */
const COLUMN_CHOICES = 4;

/** What is judged of a frame's detail. */
export interface PlausibilityOptions {
  out: PictureSize;
  /** Codes for one 8-bit level. */
  gain: number;
  /** Distance of a code from no detail up to which it is not shown. */
  deadZoneCodes: number;
}

/** A place in a picture, as shares of its sides. */
export interface Place {
  x: number;
  y: number;
}

export interface Judgement {
  /** Why the detail cannot be of this picture: the frame as a whole, or a tile of it; null for plausible detail. */
  fault: { of: 'frame' } | { of: 'tile'; at: Place } | null;
  /** How the detail follows the edges; null where there is too little of either. */
  fit: EdgeFit | null;
}

interface Tally extends EdgeProducts {
  count: number;
  sum: number;
  squares: number;
}

/**
 * Tells detail that cannot be of this picture: what is added has a mean of its own, or is where the picture has no edges, or does not follow them.
 * The mean of a network's picture over each source pixel is that pixel, where pixels are averages. The base blurs it, so what the network adds is, averaged
 * over the source pixel, what the blur took away: a multiple of the second difference. Of aliased pictures it sharpens edges too, whose second difference is
 * large in one direction, and smooths their steps, which have one in both. So the detail is a sum of multiples of the larger and of the smaller difference, everywhere with the
 * same multiples. Which network it was does not matter, and codecs only weaken it.
 *
 * @param codes - of the output size, row by row.
 * @param random - which of the pixels are looked at that a source pixel became: those that never were would be a place to write into.
 */
export function judgeDetail(
  edges: SourceEdges,
  codes: Uint8Array,
  { out, gain, deadZoneCodes }: PlausibilityOptions,
  random: () => number,
): Judgement {
  const { width, height, rows, margin, major, minor, contrast, tilesAcross } = edges;
  const shown = shownDistances(deadZoneCodes);
  const columns = Array.from({ length: COLUMN_CHOICES }, (_, nth) => {
    const share = (nth + random()) / (2 * COLUMN_CHOICES);
    return { left: positions(width, out.width, share), right: positions(width, out.width, share + 0.5) };
  });
  const tiles: Tally[] = Array.from(contrast, () => ({ count: 0, sum: 0, squares: 0, major: 0, minor: 0 }));
  const moments: EdgeMoments = { major: 0, minor: 0, cross: 0, detail: 0 };
  const mostDetail = 4 * gain * MAX_COUNTED_LEVELS;
  let added = 0;
  for (const [row, y] of rows.entries()) {
    const choice = columns[Math.floor(random() * COLUMN_CHOICES)];
    if (!choice || y < margin || y >= height - margin) continue;
    const { left, right } = choice;
    const share = random() / 2;
    const above = Math.floor(((y + share) * out.height) / height) * out.width;
    const below = Math.floor(((y + share + 0.5) * out.height) / height) * out.width;
    const firstTile = Math.floor(row / EDGE_TILE.rows) * tilesAcross;
    for (let column = 0; column < tilesAcross; column++) {
      const from = Math.max(column * EDGE_TILE.width, margin);
      const to = Math.min((column + 1) * EDGE_TILE.width, width - margin);
      let sum = 0;
      let squares = 0;
      let ofMajor = 0;
      let ofMinor = 0;
      let [sums, details, majors, minors, cross] = [0, 0, 0, 0, 0];
      for (let x = from, at = row * width + from; x < to; x++, at++) {
        const l = left[x] ?? 0;
        const r = right[x] ?? 0;
        const a = shown[codes[above + l] ?? 0] ?? 0;
        const b = shown[codes[above + r] ?? 0] ?? 0;
        const c = shown[codes[below + l] ?? 0] ?? 0;
        const d = shown[codes[below + r] ?? 0] ?? 0;
        const four = a + b + c + d;
        const first = major[at] ?? 0;
        const second = minor[at] ?? 0;
        sum += four;
        squares += a * a + b * b + c * c + d * d;
        sums += four * four;
        const detail = Math.max(-mostDetail, Math.min(mostDetail, four));
        details += detail * detail;
        ofMajor += detail * first;
        ofMinor += detail * second;
        majors += first * first;
        minors += second * second;
        cross += first * second;
      }
      added += sums;
      moments.detail += details;
      moments.major += majors;
      moments.minor += minors;
      moments.cross += cross;
      const tally = tiles[firstTile + column];
      if (!tally || to <= from) continue;
      tally.count += to - from;
      tally.sum += sum;
      tally.squares += squares;
      tally.major += ofMajor;
      tally.minor += ofMinor;
    }
  }
  const count = tiles.reduce((total, tile) => total + tile.count, 0);
  if (count === 0) return { fault: null, fit: null };
  const mean = tiles.reduce((total, tile) => total + tile.sum, 0) / (4 * gain * count);
  const sharp = moments.major + moments.minor + 2 * moments.cross;
  const canTell =
    Math.sqrt(added / count) > 4 * gain * MIN_DETAIL_RMS_LEVELS && Math.sqrt(sharp / count) > MIN_EDGE_RMS_LEVELS;
  const fit = canTell ? fitEdges(tiles, moments) : null;
  const isFollowing = !fit || (fit.correlation > LIMITS.correlation && fit.agreement > LIMITS.agreement);
  const tile = worstTile(tiles, contrast, gain);
  if (tile !== null) return { fault: { of: 'tile', at: placeOf(tile, edges) }, fit };
  return { fault: Math.abs(mean) > LIMITS.mean || !isFollowing ? { of: 'frame' } : null, fit };
}

/** The tile that exceeds its limits by most; null if none does. */
function worstTile(tiles: readonly Tally[], contrast: Float32Array, gain: number): number | null {
  let [worst, largest] = [-1, 0];
  for (const [index, { count, sum, squares }] of tiles.entries()) {
    if (count < MIN_SAMPLES) continue;
    const edge = contrast[index] ?? 0;
    const doubt = Math.sqrt(TILE_SAMPLES / count);
    const mean = Math.abs(sum) / (4 * gain * count) - doubt * limitOf(LIMITS.tileMean, edge);
    const rms = Math.sqrt(squares / (4 * count)) / gain - doubt * limitOf(LIMITS.tileRms, edge);
    const excess = Math.max(mean, rms);
    if (excess > largest) [worst, largest] = [index, excess];
  }
  return worst < 0 ? null : worst;
}

function limitOf({ floor, perContrast }: { floor: number; perContrast: number }, edge: number): number {
  return floor + perContrast * edge;
}

function placeOf(tile: number, { tilesAcross, rows, width, height }: SourceEdges): Place {
  const [column, line] = [tile % tilesAcross, Math.floor(tile / tilesAcross)];
  return {
    x: Math.min(1, ((column + 0.5) * EDGE_TILE.width) / width),
    y: Math.min(1, ((rows[line * EDGE_TILE.rows + 1] ?? 0) + 0.5) / height),
  };
}

/** Output position of each source pixel at this share of its width. */
function positions(from: number, to: number, share: number): Uint16Array {
  return Uint16Array.from({ length: from }, (_, x) => Math.floor(((x + share) * to) / from));
}

/** What each code adds. */
function shownDistances(deadZoneCodes: number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => {
    const distance = code - NO_DETAIL_CODE;
    return Math.abs(distance) > deadZoneCodes ? distance : 0;
  });
}
