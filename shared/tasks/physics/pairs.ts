import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import { sortedKeys } from './sorted-keys.ts';

/** Average number of pairs per body above which the bodies are considered heaped up in one place. */
const MAX_PAIRS_PER_BODY = 64;
/**
 * Cells that are looked into, bodies that are found there and pairs that are compared between two yields: half a millisecond. Not bodies, since one
 * may look into thousands of cells, and all may be put into one.
 */
const LOOKS_PER_STEP = 64 * 1024;

/**
 * Finds the pairs that touch or nearly touch. It uses spatial hashing: a uniform grid over all space whose cells are slots of a hash table
 * (M. Teschner et al., "Optimized spatial hashing for collision detection of deformable objects", 2003). Each body searches for those no
 * larger than itself, so that one large body does not widen the search of all small ones.
 */
export class PairFinder {
  readonly #radii: Float64Array;
  readonly #cellSize: number;
  readonly #cells: Int32Array;
  /** Linked lists: the first body of each slot, and the next one of each body; -1 ends a list. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  /** Since the last yield. */
  #looks = 0;

  constructor(radii: Float64Array) {
    const count = radii.length;
    this.#radii = radii;
    this.#cellSize = usualWidth(radii);
    this.#cells = new Int32Array(count * 3);
    this.#next = new Int32Array(count);
    this.#first = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1)));
  }

  /**
   * Returns the keys `first * count + second`, with first < second, of all pairs whose surfaces are less than `margin` apart, in ascending
   * order. Throws MeshError `bad-input` if too many bodies overlap.
   */
  *find(positions: Float64Array, margin: number): Steps<Uint32Array> {
    this.#sort(positions);
    yield;
    const count = this.#radii.length;
    const pairs: number[] = [];
    for (let body = 0; body < count; body++) {
      this.#around(body, positions, margin, pairs);
      if (this.#looks >= LOOKS_PER_STEP) {
        this.#looks = 0;
        yield;
      }
      if (pairs.length > count * MAX_PAIRS_PER_BODY) {
        throw MeshError.badInput('Too many bodies overlap at once. Spread them out, or make them smaller.');
      }
    }
    return yield* sortedKeys(new Uint32Array(pairs));
  }

  #sort(positions: Float64Array): void {
    this.#first.fill(-1);
    for (let body = 0; body < this.#radii.length; body++) {
      const at = body * 3;
      // Cell numbers wrap at 32 bits: a false neighbour only costs the time of one comparison.
      for (let axis = 0; axis < 3; axis++) {
        this.#cells[at + axis] = Math.floor((positions[at + axis] ?? 0) / this.#cellSize);
      }
      const slot = this.#slotOf(this.#cells[at] ?? 0, this.#cells[at + 1] ?? 0, this.#cells[at + 2] ?? 0);
      this.#next[body] = this.#first[slot] ?? -1;
      this.#first[slot] = body;
    }
  }

  /** Looks no longer than a few times as long as it takes to compare the body with all others. */
  #around(body: number, positions: Float64Array, margin: number, pairs: number[]): void {
    const radius = this.#radii[body] ?? 0;
    const reach = Math.ceil((2 * radius + margin) / this.#cellSize);
    const count = this.#radii.length;
    const known = pairs.length;
    if ((2 * reach + 1) ** 3 <= count && this.#inCells(body, reach, positions, margin, pairs)) return;
    pairs.length = known;
    this.#looks += count;
    for (let other = 0; other < count; other++) this.#test(body, other, positions, margin, pairs);
  }

  /** False where it gave up: so many bodies are in other cells of the same slots. */
  #inCells(body: number, reach: number, positions: Float64Array, margin: number, pairs: number[]): boolean {
    const cells = this.#cells;
    const x = cells[body * 3] ?? 0;
    const y = cells[body * 3 + 1] ?? 0;
    const z = cells[body * 3 + 2] ?? 0;
    let looks = (2 * reach + 1) ** 3;
    const most = looks + 2 * this.#radii.length;
    for (let cx = x - reach; cx <= x + reach; cx++) {
      for (let cy = y - reach; cy <= y + reach; cy++) {
        for (let cz = z - reach; cz <= z + reach; cz++) {
          let other = this.#first[this.#slotOf(cx, cy, cz)] ?? -1;
          for (; other >= 0; other = this.#next[other] ?? -1) {
            looks++;
            const at = other * 3;
            // Skip bodies of other cells that share this slot.
            if (cells[at] !== (cx | 0) || cells[at + 1] !== (cy | 0) || cells[at + 2] !== (cz | 0)) continue;
            this.#test(body, other, positions, margin, pairs);
          }
          if (looks > most) {
            this.#looks += looks;
            return false;
          }
        }
      }
    }
    this.#looks += looks;
    return true;
  }

  /** Tests a pair. It is reported for its larger body only; for equal radii, for the later one. */
  #test(body: number, other: number, positions: Float64Array, margin: number, pairs: number[]): void {
    const radius = this.#radii[body] ?? 0;
    const otherRadius = this.#radii[other] ?? 0;
    if (otherRadius > radius || (otherRadius === radius && other >= body)) return;
    const dx = (positions[body * 3] ?? 0) - (positions[other * 3] ?? 0);
    const dy = (positions[body * 3 + 1] ?? 0) - (positions[other * 3 + 1] ?? 0);
    const dz = (positions[body * 3 + 2] ?? 0) - (positions[other * 3 + 2] ?? 0);
    const reach = radius + otherRadius + margin;
    if (dx * dx + dy * dy + dz * dz >= reach * reach) return;
    pairs.push(body < other ? body * this.#radii.length + other : other * this.#radii.length + body);
  }

  #slotOf(x: number, y: number, z: number): number {
    const mixed = Math.imul(x, 73_856_093) ^ Math.imul(y, 19_349_663) ^ Math.imul(z, 83_492_791);
    return (mixed ^ (mixed >>> 15)) & (this.#first.length - 1);
  }
}

/** Median diameter, used as cell size: for most bodies, the 27 cells around then contain all neighbours. */
export function usualWidth(radii: Float64Array): number {
  return 2 * (Float64Array.from(radii).sort()[radii.length >> 1] ?? 1);
}
