import type { Steps } from '../definition.ts';
import { type Grid, leastCost, ORTHOGONAL, opposite, SQRT2 } from './grid.ts';
import { OpenCells } from './open-cells.ts';

/** Cells settled between two yields: a quarter of a millisecond. */
export const CELLS_PER_STEP = 1_024;

const SEEN = 1;
const SETTLED = 2;

/** Searches on one grid, one after another, in the same memory: A* for a single goal, Dijkstra's algorithm for a flow field. */
export class Search {
  readonly #grid: Grid;
  readonly #leastCost: number;
  readonly #open = new OpenCells();
  readonly #travelled: Float64Array;
  readonly #directions: Uint8Array;
  /** Serial number of the search plus SEEN or SETTLED, so that nothing needs to be cleared between searches. */
  readonly #marks: Uint32Array;
  #serial = 0;
  #settledCells = 0;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.#leastCost = leastCost(grid.cost);
    this.#travelled = new Float64Array(grid.cost.length);
    this.#directions = new Uint8Array(grid.cost.length);
    this.#marks = new Uint32Array(grid.cost.length);
  }

  /** Number of cells settled by the last search. */
  get settledCells(): number {
    return this.#settledCells;
  }

  /** A*: returns the directions of a cheapest path, null if there is none, or undefined if it gave up after `maxCells` cells. */
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

  /**
   * Returns cheapest paths from several starts to one goal, from one flow field that reaches to the farthest start.
   *
   * @param onPath - called with the number of steps of each path, before the next one is followed. It may throw.
   */
  *pathsTo(
    goal: number,
    starts: readonly number[],
    onPath: (steps: number) => void = () => {},
  ): Steps<(Uint8Array | null)[]> {
    yield* this.#spread(goal, starts, null, Number.POSITIVE_INFINITY);
    const paths: (Uint8Array | null)[] = [];
    for (const start of starts) {
      const path = this.#isSettled(start) ? this.#downhill(start, goal) : null;
      onPath(path?.length ?? 0);
      paths.push(path);
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
   * Searches until all targets are settled. With `towards`, it searches forwards, guided by the distance to that cell; with null, it
   * searches backwards from a goal. Returns false if a target cannot be reached, and undefined after `maxCells` cells.
   */
  *#spread(
    from: number,
    targets: readonly number[],
    towards: number | null,
    maxCells: number,
  ): Steps<boolean | undefined> {
    const grid = this.#grid;
    const { cost, offsets, neighbours } = grid;
    const least = this.#leastCost;
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
        const entered = towards === null ? ownCost : (cost[next] ?? 0);
        const total = sofar + (direction < ORTHOGONAL ? entered : entered * SQRT2);
        if (mark === seen && total >= (travelled[next] ?? 0)) continue;
        marks[next] = seen;
        travelled[next] = total;
        this.#directions[next] = direction;
        open.push(next, towards === null ? total : total + least * grid.distance(next, towards), total);
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
