import type { Steps } from '../definition.ts';
import { type Grid, ORTHOGONAL, SQRT2, STEP_X, STEP_Y } from './grid.ts';
import type { JumpMaps } from './jump-maps.ts';
import { OpenCells } from './open-cells.ts';
import { CELLS_PER_STEP } from './search.ts';

const [EAST, SOUTH, WEST, NORTH] = [0, 1, 2, 3];
/** Arrived from nowhere: the start. */
const NOWHERE = 4;
const NO_CELL = -1;

/**
 * Jump point search, for grids whose free cells all cost the same: A* that looks only at the cells where a shortest path may have to turn. Of the
 * many shortest paths to a cell it follows the one that begins with its diagonal steps (with four neighbours: the vertical ones), so a cell is only
 * ever reached by a straight run, and turns only round the end of a wall (D. Harabor and A. Grastien, "Online Graph Pruning for Pathfinding on
 * Grid Maps", AAAI 2011; without corner cutting, and cells that a diagonal only passes are not kept: ICAPS 2014).
 */
export class JumpSearch {
  readonly #grid: Grid;
  readonly #maps: JumpMaps;
  readonly #open = new OpenCells();
  /** In steps, not in costs. */
  readonly #travelled: Float64Array;
  readonly #parents: Int32Array;
  /** The direction in which each cell was reached. */
  readonly #arrivals: Uint8Array;
  /** Serial number of the search that saw a cell; one more once it was expanded. */
  readonly #marks: Uint32Array;
  #seen = 0;
  #goal = 0;
  #goalX = 0;
  #goalY = 0;
  /** Cells that were expanded, or passed on a diagonal. */
  #looked = 0;

  constructor(grid: Grid, maps: JumpMaps) {
    this.#grid = grid;
    this.#maps = maps;
    const cells = grid.cost.length;
    this.#travelled = new Float64Array(cells);
    this.#parents = new Int32Array(cells);
    this.#arrivals = new Uint8Array(cells);
    this.#marks = new Uint32Array(cells);
  }

  /** Returns the directions of a cheapest path, null if there is none, or undefined if it gave up after looking at `maxCells` cells. */
  *pathBetween(start: number, goal: number, maxCells = Number.POSITIVE_INFINITY): Steps<Uint8Array | null | undefined> {
    const { stride } = this.#grid;
    this.#seen += 2;
    this.#goal = goal;
    this.#goalX = goal % stride;
    this.#goalY = Math.trunc(goal / stride);
    this.#looked = 0;
    this.#open.clear();
    this.#reach(start, NOWHERE, start, 0);
    let yieldedAt = 0;
    for (let cell = this.#open.pop(); cell >= 0; cell = this.#open.pop()) {
      if (cell === goal) return this.#pathTo(start, goal);
      if (this.#marks[cell] === this.#seen + 1) continue;
      this.#marks[cell] = this.#seen + 1;
      if (++this.#looked > maxCells) return undefined;
      if (this.#looked - yieldedAt >= CELLS_PER_STEP) {
        yieldedAt = this.#looked;
        yield;
      }
      this.#expand(cell);
    }
    return null;
  }

  #expand(cell: number): void {
    const { neighbours } = this.#grid;
    const arrival = this.#arrivals[cell] ?? NOWHERE;
    if (arrival === NOWHERE) {
      for (let direction = 0; direction < neighbours; direction++) this.#go(cell, direction);
      return;
    }
    this.#go(cell, arrival);
    this.#turn(cell, arrival, (arrival + 1) & 3);
    this.#turn(cell, arrival, (arrival + 3) & 3);
  }

  /** Turns to a side where a wall ended beside the run: what is behind it is reached best round this corner. */
  #turn(cell: number, arrival: number, side: number): void {
    const { cost, offsets, neighbours } = this.#grid;
    const beside = cell + (offsets[side] ?? 0);
    if (cost[beside - (offsets[arrival] ?? 0)] !== 0 || cost[beside] === 0) return;
    this.#go(cell, side);
    if (neighbours === 8) this.#go(cell, diagonalBetween(arrival, side));
  }

  #go(cell: number, direction: number): void {
    if (direction >= ORTHOGONAL) this.#goDiagonally(cell, direction);
    else if (this.#grid.neighbours === 4 && (direction === SOUTH || direction === NORTH)) {
      this.#goVertically(cell, direction);
    } else {
      const { stride } = this.#grid;
      this.#run(direction, cell, cell % stride, Math.trunc(cell / stride), 0);
    }
  }

  /** From each cell of a diagonal, the straight runs to both sides begin. */
  #goDiagonally(from: number, direction: number): void {
    const { cost, offsets, stride } = this.#grid;
    const [stepX, stepY] = [STEP_X[direction] ?? 0, STEP_Y[direction] ?? 0];
    const downwards = stepY * stride;
    const offset = offsets[direction] ?? 0;
    const sideways = stepX > 0 ? EAST : WEST;
    const upOrDown = stepY > 0 ? SOUTH : NORTH;
    let x = from % stride;
    let y = Math.trunc(from / stride);
    for (let cell = from, steps = 1; ; steps++) {
      if (cost[cell + stepX] === 0 || cost[cell + downwards] === 0 || cost[cell + offset] === 0) return;
      cell += offset;
      x += stepX;
      y += stepY;
      this.#looked++;
      const length = steps * SQRT2;
      if (cell === this.#goal) this.#reach(cell, sideways, from, length);
      this.#run(sideways, from, x, y, length);
      this.#run(upOrDown, from, x, y, length);
    }
  }

  /** With four neighbours, vertical steps are what diagonal ones are with eight. */
  #goVertically(from: number, direction: number): void {
    const { cost, offsets, stride } = this.#grid;
    const offset = offsets[direction] ?? 0;
    const x = from % stride;
    for (let cell = from + offset, length = 1; cost[cell] !== 0; cell += offset, length++) {
      this.#looked++;
      if (cell === this.#goal) this.#reach(cell, EAST, from, length);
      const y = Math.trunc(cell / stride);
      this.#run(EAST, from, x, y, length);
      this.#run(WEST, from, x, y, length);
    }
  }

  /** A straight run from a place that is `length` away from the cell `from`. It reaches its end unless that is a wall, or the goal on its way. */
  #run(direction: number, from: number, x: number, y: number, length: number): void {
    const { cost, stride } = this.#grid;
    const { rows, columns } = this.#maps;
    let end = 0;
    let cell = NO_CELL;
    if (direction === EAST || direction === WEST) {
      end = direction === EAST ? rows.endUp(y, x) : rows.endDown(y, x);
      if (y === this.#goalY && isBetween(x, this.#goalX, end)) end = this.#goalX;
      cell = y * stride + end;
      end -= x;
    } else {
      end = direction === SOUTH ? columns.endUp(x, y) : columns.endDown(x, y);
      if (x === this.#goalX && isBetween(y, this.#goalY, end)) end = this.#goalY;
      cell = end * stride + x;
      end -= y;
    }
    if (cost[cell] !== 0) this.#reach(cell, direction, from, length + Math.abs(end));
  }

  #reach(cell: number, direction: number, from: number, length: number): void {
    const mark = this.#marks[cell];
    if (mark === this.#seen + 1) return;
    const total = cell === from ? 0 : (this.#travelled[from] ?? 0) + length;
    if (mark === this.#seen && total >= (this.#travelled[cell] ?? 0)) return;
    this.#marks[cell] = this.#seen;
    this.#travelled[cell] = total;
    this.#parents[cell] = from;
    this.#arrivals[cell] = direction;
    this.#open.push(cell, total + this.#grid.distance(cell, this.#goal), total);
  }

  #pathTo(start: number, goal: number): Uint8Array {
    const { stride, neighbours } = this.#grid;
    const runs: { direction: number; steps: number }[] = [];
    let length = 0;
    for (let cell = goal; cell !== start; ) {
      const parent = this.#parents[cell] ?? start;
      const dx = (cell % stride) - (parent % stride);
      const dy = Math.trunc(cell / stride) - Math.trunc(parent / stride);
      const diagonal = neighbours === 4 ? 0 : Math.min(Math.abs(dx), Math.abs(dy));
      const [across, along] = [dx > 0 ? EAST : WEST, dy > 0 ? SOUTH : NORTH];
      // In reverse: what comes last first.
      const horizontal = { direction: across, steps: Math.abs(dx) - diagonal };
      const vertical = { direction: along, steps: Math.abs(dy) - diagonal };
      const slanted = { direction: diagonalBetween(across, along), steps: diagonal };
      for (const run of [horizontal, vertical, slanted]) {
        if (run.steps === 0) continue;
        runs.push(run);
        length += run.steps;
      }
      cell = parent;
    }
    const path = new Uint8Array(length);
    let at = 0;
    for (const { direction, steps } of runs.reverse()) {
      path.fill(direction, at, at + steps);
      at += steps;
    }
    return path;
  }
}

/** Whether `place` lies on the way from `from` to `end`. */
function isBetween(from: number, place: number, end: number): boolean {
  return from < end ? place > from && place <= end : place < from && place >= end;
}

/** The diagonal between a horizontal and a vertical direction. */
function diagonalBetween(one: number, other: number): number {
  return ((one + 1) & 3) === other ? one + ORTHOGONAL : other + ORTHOGONAL;
}
