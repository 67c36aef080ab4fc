import type { Steps } from '../definition.ts';
import { type Grid, ORTHOGONAL, opposite, SQRT2 } from './grid.ts';

/** Cells settled between two yields: a quarter of a millisecond. */
export const CELLS_PER_STEP = 1_024;

const SEEN = 1;
const SETTLED = 2;

/** The memory of searches over one grid, one after another: Dijkstra's algorithm, and A* where there is one goal to make for. */
export class Search {
  readonly #grid: Grid;
  readonly #open = new OpenCells();
  readonly #travelled: Float64Array;
  readonly #directions: Uint8Array;
  /** Twice the search's number, and what it knows of the cell: nothing needs to be cleared between searches. */
  readonly #marks: Uint32Array;
  #serial = 0;
  #settledCells = 0;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.#travelled = new Float64Array(grid.cost.length);
    this.#directions = new Uint8Array(grid.cost.length);
    this.#marks = new Uint32Array(grid.cost.length);
  }

  /** Of the last search: its work. */
  get settledCells(): number {
    return this.#settledCells;
  }

  /** A*. The directions of a cheapest path; null: there is none. Gives up, with undefined, after so many cells. */
  *pathBetween(start: number, goal: number, maxCells = Number.POSITIVE_INFINITY): Steps<Uint8Array | null | undefined> {
    const arrived = yield* this.#spread(start, [goal], goal, maxCells);
    if (arrived === undefined) return undefined;
    if (!arrived) return null;
    const path: number[] = [];
    for (let cell = goal; cell !== start; ) {
      const direction = this.#directions[cell] ?? 0;
      path.push(direction);
      cell -= this.#grid.offsets[direction] ?? 0;
    }
    return Uint8Array.from(path.reverse());
  }

  /** One flow field for all that make for one goal, as far out as the farthest of them. */
  *pathsTo(goal: number, starts: readonly number[]): Steps<(Uint8Array | null)[]> {
    yield* this.#spread(goal, starts, null, Number.POSITIVE_INFINITY);
    const paths: (Uint8Array | null)[] = [];
    for (const start of starts) {
      paths.push(this.#isSettled(start) ? this.#downhill(start, goal) : null);
      yield;
    }
    return paths;
  }

  #downhill(start: number, goal: number): Uint8Array {
    const path: number[] = [];
    for (let cell = start; cell !== goal; ) {
      const direction = opposite(this.#directions[cell] ?? 0);
      path.push(direction);
      cell += this.#grid.offsets[direction] ?? 0;
    }
    return Uint8Array.from(path);
  }

  /**
   * Until all targets are settled. With `madeFor` it goes forwards and is drawn there; without, it goes backwards from a goal.
   * False: not all can be reached; undefined: given up.
   */
  *#spread(
    from: number,
    targets: readonly number[],
    madeFor: number | null,
    maxCells: number,
  ): Steps<boolean | undefined> {
    const grid = this.#grid;
    const { cost, offsets, neighbours } = grid;
    const travelled = this.#travelled;
    const marks = this.#marks;
    const open = this.#open;
    const seen = this.#nextSerial() + SEEN;
    const settled = seen - SEEN + SETTLED;
    const wanted = new Set(targets);
    open.clear();
    marks[from] = seen;
    travelled[from] = 0;
    open.push(from, 0, 0);
    this.#settledCells = 0;
    for (let cell = open.pop(); cell >= 0; cell = open.pop()) {
      if (marks[cell] === settled) continue;
      marks[cell] = settled;
      if (wanted.delete(cell) && wanted.size === 0) return true;
      if (++this.#settledCells > maxCells) return undefined;
      if (this.#settledCells % CELLS_PER_STEP === 0) yield;
      const sofar = travelled[cell] ?? 0;
      const ownCost = cost[cell] ?? 0;
      for (let direction = 0; direction < neighbours; direction++) {
        const next = cell + (offsets[direction] ?? 0);
        const mark = marks[next];
        if (mark === settled || !grid.isOpen(cell, direction)) continue;
        const entered = madeFor === null ? ownCost : (cost[next] ?? 0);
        const total = sofar + (direction < ORTHOGONAL ? entered : entered * SQRT2);
        if (mark === seen && total >= (travelled[next] ?? 0)) continue;
        marks[next] = seen;
        travelled[next] = total;
        this.#directions[next] = direction;
        open.push(next, madeFor === null ? total : total + grid.leastBetween(next, madeFor), total);
      }
    }
    return false;
  }

  #isSettled(cell: number): boolean {
    return this.#marks[cell] === this.#serial + SETTLED;
  }

  #nextSerial(): number {
    this.#serial += SETTLED;
    return this.#serial;
  }
}

/** A binary heap of cells to look at: least estimate first, and of equal ones the one that has come farther. */
export class OpenCells {
  #estimate = new Float64Array(1024);
  #travelled = new Float64Array(1024);
  #cell = new Int32Array(1024);
  #size = 0;

  clear(): void {
    this.#size = 0;
  }

  push(cell: number, estimate: number, travelled: number): void {
    if (this.#size === this.#cell.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#goesBefore(estimate, travelled, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, cell, estimate, travelled);
  }

  /** -1: none is left. */
  pop(): number {
    if (this.#size === 0) return -1;
    const first = this.#cell[0] ?? -1;
    const last = --this.#size;
    const estimate = this.#estimate[last] ?? 0;
    const travelled = this.#travelled[last] ?? 0;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && this.#goesBefore(this.#estimate[right] ?? 0, this.#travelled[right] ?? 0, child))
        child = right;
      if (this.#goesBefore(estimate, travelled, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, this.#cell[last] ?? -1, estimate, travelled);
    return first;
  }

  #goesBefore(estimate: number, travelled: number, at: number): boolean {
    const other = this.#estimate[at] ?? 0;
    return estimate < other || (estimate === other && travelled > (this.#travelled[at] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#cell[from] ?? -1, this.#estimate[from] ?? 0, this.#travelled[from] ?? 0);
  }

  #put(at: number, cell: number, estimate: number, travelled: number): void {
    this.#cell[at] = cell;
    this.#estimate[at] = estimate;
    this.#travelled[at] = travelled;
  }

  #grow(): void {
    const length = this.#cell.length * 2;
    const grown = <A extends { set(from: A): void }>(into: A, from: A) => {
      into.set(from);
      return into;
    };
    this.#estimate = grown(new Float64Array(length), this.#estimate);
    this.#travelled = grown(new Float64Array(length), this.#travelled);
    this.#cell = grown(new Int32Array(length), this.#cell);
  }
}
