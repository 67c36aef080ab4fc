import type { Steps } from '../definition.ts';
import { type Grid, ORTHOGONAL, SQRT2, STEP_X, STEP_Y } from './grid.ts';
import type { JumpMaps } from './jump-maps.ts';
import { JumpNodes } from './jump-nodes.ts';
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
  readonly #nodes: JumpNodes;
  /** The node that is being expanded. */
  #node = 0;
  #goal = 0;
  #goalX = 0;
  #goalY = 0;
  /** Cells that were expanded, or passed on a diagonal. */
  #looked = 0;

  constructor(grid: Grid, maps: JumpMaps) {
    this.#grid = grid;
    this.#maps = maps;
    this.#nodes = new JumpNodes(grid.cost.length);
  }

  /** Returns the directions of a cheapest path, null if there is none, or undefined if it gave up after looking at `maxCells` cells. */
  *pathBetween(start: number, goal: number, maxCells = Number.POSITIVE_INFINITY): Steps<Uint8Array | null | undefined> {
    const { stride } = this.#grid;
    const nodes = this.#nodes;
    nodes.clear();
    this.#goal = goal;
    this.#goalX = goal % stride;
    this.#goalY = Math.trunc(goal / stride);
    this.#looked = 0;
    this.#open.clear();
    this.#reach(start, NOWHERE, 0);
    let yieldedAt = 0;
    for (let node = this.#open.pop(); node >= 0; node = this.#open.pop()) {
      const cell = nodes.cells[node] ?? start;
      if (cell === goal) return this.#pathTo(node);
      if (nodes.isExpanded[node] === 1) continue;
      nodes.isExpanded[node] = 1;
      this.#node = node;
      if (++this.#looked > maxCells) return undefined;
      if (this.#looked - yieldedAt >= CELLS_PER_STEP) {
        yieldedAt = this.#looked;
        yield;
      }
      this.#expand(cell, nodes.arrivals[node] ?? NOWHERE);
    }
    return null;
  }

  #expand(cell: number, arrival: number): void {
    const { neighbours } = this.#grid;
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
      this.#run(direction, cell % stride, Math.trunc(cell / stride), 0);
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
      if (cell === this.#goal) this.#reach(cell, sideways, length);
      this.#run(sideways, x, y, length);
      this.#run(upOrDown, x, y, length);
    }
  }

  /** With four neighbours, vertical steps are what diagonal ones are with eight. */
  #goVertically(from: number, direction: number): void {
    const { cost, offsets, stride } = this.#grid;
    const offset = offsets[direction] ?? 0;
    const x = from % stride;
    for (let cell = from + offset, length = 1; cost[cell] !== 0; cell += offset, length++) {
      this.#looked++;
      if (cell === this.#goal) this.#reach(cell, EAST, length);
      const y = Math.trunc(cell / stride);
      this.#run(EAST, x, y, length);
      this.#run(WEST, x, y, length);
    }
  }

  /** A straight run from a place that is `length` away from the node that is being expanded. It reaches its end unless that is a wall, or the goal on its way. */
  #run(direction: number, x: number, y: number, length: number): void {
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
    if (cost[cell] !== 0) this.#reach(cell, direction, length + Math.abs(end));
  }

  /** @param length - from the node that is being expanded. */
  #reach(cell: number, direction: number, length: number): void {
    const nodes = this.#nodes;
    const known = nodes.at(cell);
    const isStart = direction === NOWHERE;
    const total = isStart ? 0 : (nodes.travelled[this.#node] ?? 0) + length;
    if (known >= 0 && (nodes.isExpanded[known] === 1 || total >= (nodes.travelled[known] ?? 0))) return;
    const node = known >= 0 ? known : nodes.add(cell);
    nodes.travelled[node] = total;
    nodes.parents[node] = isStart ? node : this.#node;
    nodes.arrivals[node] = direction;
    this.#open.push(node, total + this.#grid.distance(cell, this.#goal), total);
  }

  #pathTo(last: number): Uint8Array {
    const { stride, neighbours } = this.#grid;
    const { cells, parents } = this.#nodes;
    const runs: { direction: number; steps: number }[] = [];
    let length = 0;
    for (
      let node = last, before = parents[node] ?? node;
      node !== before;
      node = before, before = parents[node] ?? node
    ) {
      const [cell = 0, parent = 0] = [cells[node], cells[before]];
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
