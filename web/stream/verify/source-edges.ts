import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { sizeOf } from '../frame-size.ts';
import { type LumaPlane, LumaReader } from './luma-reader.ts';

const log = logger('stream.edges');

/** Most pixels that are sampled, which takes half a millisecond: every eighth row of 640x360, of larger pictures a random part of them. */
const MAX_SAMPLES = 45_000;
/** Pixels that are sampled of small pictures: their tiles are as high as these allow. */
const SMALL_PICTURE_SAMPLES = 30_000;
/** Width of a tile, pixels, and its height in sampled rows: large enough for a mean, and smaller than letters that can be read at a glance. */
export const EDGE_TILE = { width: 16, rows: 4 } as const;
/** Distance of two sampled rows of a tile: a larger one would let small letters hide in a tile's mean. */
const ROW_STEP = { min: 4, max: 8 } as const;
/** Distances of the neighbours that a pixel is compared with: a network's detail ends two pixels beside an edge. */
const NEAR = 1;
const FAR = 2;
const NEIGHBOURS = [-FAR, -NEAR, 0, NEAR, FAR];

/** Which rows of a picture are looked at, from above. Each {@link EDGE_TILE.rows} of them are a row of tiles; only the last may have fewer. */
export type SampledRows = readonly number[];

/** Where a picture has edges. Detail of it can only be there. */
export interface SourceEdges extends PictureSize {
  rows: SampledRows;
  /** Pixels at every border that are left out. */
  margin: number;
  /** Second differences of luma at the sampled rows, `width` a row: the larger of the one across and the upright one, which an edge has. */
  major: Int16Array;
  /** The smaller of the two, which only corners have, and the steps of aliased edges. */
  minor: Int16Array;
  /** Root mean square of the differences to the neighbours of each tile, row by row. */
  contrast: Float32Array;
  tilesAcross: number;
}

/** A random choice of rows, so that nothing can be hidden between them for long. */
export function sampledRows({ width, height }: PictureSize, random: () => number): SampledRows {
  const step = Math.min(ROW_STEP.max, Math.max(ROW_STEP.min, Math.ceil((width * height) / SMALL_PICTURE_SAMPLES)));
  const first = Math.floor(random() * step);
  const bands = Math.ceil((height - first) / (step * EDGE_TILE.rows));
  let wanted = Math.max(1, Math.floor(MAX_SAMPLES / (width * EDGE_TILE.rows)));
  const rows: number[] = [];
  for (let band = 0; band < bands; band++) {
    // Each choice of bands is as likely as any other (Knuth, The Art of Computer Programming, 3.4.2, algorithm S).
    if (random() * (bands - band) >= wanted) continue;
    wanted--;
    for (let nth = 0; nth < EDGE_TILE.rows; nth++) {
      const y = first + (band * EDGE_TILE.rows + nth) * step;
      if (y < height) rows.push(y);
    }
  }
  return rows;
}

/**
 * @param scale - how much smaller the frame was sent, 1 where it was not: detail of a smaller frame belongs to wider edges.
 */
export function edgesOf(luma: LumaPlane, rows: SampledRows, scale: number): SourceEdges {
  const { width, height, bytes, offset, stride } = luma;
  const [near, far] = [NEAR * scale, FAR * scale];
  const tilesAcross = Math.ceil(width / EDGE_TILE.width);
  const tiles = tilesAcross * Math.ceil(rows.length / EDGE_TILE.rows);
  const [squares, counts] = [new Float64Array(tiles), new Uint16Array(tiles)];
  const [major, minor] = [new Int16Array(width * rows.length), new Int16Array(width * rows.length)];
  const [nearRow, farRow] = [near * stride, far * stride];
  for (const [row, y] of rows.entries()) {
    if (y < far || y >= height - far) continue;
    const start = offset + y * stride;
    const tileRow = Math.floor(row / EDGE_TILE.rows) * tilesAcross;
    for (let column = 0; column < tilesAcross; column++) {
      const from = Math.max(column * EDGE_TILE.width, far);
      const to = Math.min((column + 1) * EDGE_TILE.width, width - far);
      let sum = 0;
      for (let x = from, at = start + from, out = row * width + from; x < to; x++, at++, out++) {
        const here = bytes[at] ?? 0;
        const across = 2 * here - (bytes[at - near] ?? 0) - (bytes[at + near] ?? 0);
        const upright = 2 * here - (bytes[at - nearRow] ?? 0) - (bytes[at + nearRow] ?? 0);
        const second = across + upright;
        const left = here - (bytes[at - far] ?? 0);
        const right = here - (bytes[at + far] ?? 0);
        const up = here - (bytes[at - farRow] ?? 0);
        const down = here - (bytes[at + farRow] ?? 0);
        const isAcross = Math.abs(across) > Math.abs(upright);
        major[out] = isAcross ? across : upright;
        minor[out] = isAcross ? upright : across;
        sum += second * second + left * left + right * right + up * up + down * down;
      }
      const tile = tileRow + column;
      squares[tile] = (squares[tile] ?? 0) + sum;
      counts[tile] = (counts[tile] ?? 0) + Math.max(0, to - from);
    }
  }
  const contrast = Float32Array.from(squares, (sum, tile) => Math.sqrt(sum / Math.max(1, counts[tile] ?? 0)));
  return { width, height, rows, margin: far, major, minor, contrast, tilesAcross };
}

/** Looks for the edges of source frames. Differences count, so neither range nor matrix matters. */
export class EdgeReader {
  readonly #reader = new LumaReader();
  #isReading = false;

  /**
   * Null while another frame is being read, and where the browser cannot. The caller closes the frame.
   *
   * @param scale - how much smaller the frame was sent: a whole number, 1 where it was not.
   */
  async read(frame: VideoFrame, random: () => number, scale: number): Promise<SourceEdges | null> {
    if (this.#isReading) return null;
    this.#isReading = true;
    try {
      const rows = sampledRows(sizeOf(frame), random);
      const around = rows.flatMap((row) => NEIGHBOURS.map((distance) => row + distance * scale));
      const luma = await this.#reader.read(frame, around);
      return luma && edgesOf(luma, rows, scale);
    } catch (cause) {
      log.debug('not read', { reason: MeshError.from(cause).reason });
      return null;
    } finally {
      this.#isReading = false;
    }
  }
}
