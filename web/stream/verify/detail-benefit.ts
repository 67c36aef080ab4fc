import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import type { PictureTile } from '../../../shared/tasks/upscale-tile.ts';

/** Tiles by which a volunteer is judged, and how many of them the first judgement takes. */
const JUDGED_TILES = 12;
const MIN_TILES = 5;
/** Mean square of a tile's detail, codes, below which it says nothing: a codec leaves nothing of it at any rate. */
const MIN_TILE_MEAN_SQUARE = 4;
/** Detail that takes more than this share of what it should add off the picture is wrong. Coding noise takes none at any rate. */
const WRONG = -0.5;
/** Detail that adds less than this share is not worth its bits. */
const USELESS = 0.02;

/**
 * Harm, mean square in codes, from which a tile is grossly wrong if it is as much as the tile's own detail: a letter of 26 codes' strokes does 100, a codec
 * that cannot follow a cut 50 at most, in 45,000 tiles of five games.
 */
const GROSS_HARM_MEAN_SQUARE = 100;
/** Such tiles among the last ones that are wrong whatever the others are: a codec's glitch spoils one or two, and a cheat may be honest in between. */
const MAX_GROSS = 2;
const GROSS_WINDOW = 40;

/** What a volunteer's detail is worth: `wrong` harms the picture, `useless` leaves it as it is. */
export type DetailVerdict = 'helpful' | 'useless' | 'wrong';

/** How much a tile's detail should add, and how much of that the received detail did add; squares of codes. */
export interface TileBenefit {
  energy: number;
  /** Negative: the picture is worse than without it. */
  gained: number;
}

/**
 * Compares received detail with that of our own computation. What is left of the error after adding `received` is (expected - received)^2,
 * without it expected^2; their difference is the gain, whatever a codec did to the detail.
 *
 * @param expected - codes of the tile alone.
 * @param received - codes of the whole frame, `width` wide.
 */
export function benefitOf(
  expected: Uint8Array,
  received: Uint8Array,
  width: number,
  { across, down }: PictureTile,
): TileBenefit {
  let energy = 0;
  let gained = 0;
  let count = 0;
  for (let y = down.validFrom; y < down.validTo; y++) {
    for (let x = across.validFrom; x < across.validTo; x++) {
      const ours = (expected[y * across.outLength + x] ?? 0) - NO_DETAIL_CODE;
      const theirs = (received[(down.outFrom + y) * width + across.outFrom + x] ?? 0) - NO_DETAIL_CODE;
      energy += ours * ours;
      gained += theirs * (2 * ours - theirs);
      count++;
    }
  }
  return { energy: energy / Math.max(1, count), gained: gained / Math.max(1, count) };
}

/** What the tiles of one volunteer's detail that were checked last say of it. */
export class BenefitWindow {
  readonly #tiles: TileBenefit[] = [];
  /** Whether each of the last tiles was grossly wrong, oldest first. */
  readonly #gross: boolean[] = [];

  /** Tiles without detail of their own count only if something was added to them. */
  add(tile: TileBenefit): void {
    this.#gross.push(-tile.gained >= Math.max(GROSS_HARM_MEAN_SQUARE, tile.energy));
    if (this.#gross.length > GROSS_WINDOW) this.#gross.shift();
    if (tile.energy < MIN_TILE_MEAN_SQUARE && tile.gained > -MIN_TILE_MEAN_SQUARE) return;
    this.#tiles.push(tile);
    if (this.#tiles.length > JUDGED_TILES) this.#tiles.shift();
  }

  /** Null until enough was checked to tell. */
  get verdict(): DetailVerdict | null {
    if (this.#gross.filter(Boolean).length > MAX_GROSS) return 'wrong';
    if (this.#tiles.length < MIN_TILES) return null;
    const energy = this.#tiles.reduce((sum, tile) => sum + tile.energy, 0);
    const share = this.#tiles.reduce((sum, tile) => sum + tile.gained, 0) / Math.max(energy, MIN_TILE_MEAN_SQUARE);
    if (share < WRONG) return 'wrong';
    return share < USELESS ? 'useless' : 'helpful';
  }
}
