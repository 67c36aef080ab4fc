export const ORTHOGONAL = 4;
export const SQRT2 = Math.SQRT2;

/** Directions: east, south, west, north, then the diagonals clockwise. Diagonal `d` lies between orthogonals `d - 4` and `(d - 3) & 3`. */
export const STEP_X: readonly number[] = [1, 0, -1, 0, 1, -1, -1, 1];
export const STEP_Y: readonly number[] = [0, 1, 0, -1, 1, 1, -1, -1];

export interface GridShape {
  width: number;
  height: number;
  neighbours: 4 | 8;
}

/** A grid of cells by index, surrounded by walls so that no bounds checks are needed. */
export class Grid {
  readonly stride: number;
  /** Cost of entering each cell; 0 is a wall. */
  readonly cost: Uint8Array;
  /** Index offset of each direction. */
  readonly offsets: readonly number[];
  readonly neighbours: 4 | 8;

  constructor({ width, height, neighbours }: GridShape, cost: Uint8Array) {
    this.stride = width + 2;
    this.neighbours = neighbours;
    this.cost = new Uint8Array(this.stride * (height + 2));
    for (let y = 0; y < height; y++) {
      this.cost.set(cost.subarray(y * width, (y + 1) * width), (y + 1) * this.stride + 1);
    }
    this.offsets = STEP_X.map((stepX, d) => stepX + (STEP_Y[d] ?? 0) * this.stride);
  }

  cellAt(x: number, y: number): number {
    return (y + 1) * this.stride + x + 1;
  }

  isWall(cell: number): boolean {
    return this.cost[cell] === 0;
  }

  /** Whether a step from a cell in this direction is allowed. A diagonal step may not cut a corner: both cells beside it must be free. */
  isOpen(cell: number, direction: number): boolean {
    const { cost, offsets } = this;
    if (cost[cell + (offsets[direction] ?? 0)] === 0) return false;
    if (direction < ORTHOGONAL) return true;
    const one = offsets[direction - 4] ?? 0;
    const other = offsets[(direction - 3) & 3] ?? 0;
    return cost[cell + one] !== 0 && cost[cell + other] !== 0;
  }

  /** Cost of an allowed step. */
  stepCost(into: number, direction: number): number {
    const cost = this.cost[into] ?? 0;
    return direction < ORTHOGONAL ? cost : cost * SQRT2;
  }

  /**
   * Cost of a path of allowed steps. Straight and diagonal steps are summed separately, as integers, so that paths of equal cost get
   * exactly the same number, whatever the order of their steps.
   */
  pathCost(start: number, directions: Uint8Array): number {
    let cell = start;
    let straight = 0;
    let diagonal = 0;
    for (const direction of directions) {
      cell += this.offsets[direction] ?? 0;
      const cost = this.cost[cell] ?? 0;
      if (direction < ORTHOGONAL) straight += cost;
      else diagonal += cost;
    }
    return straight + diagonal * SQRT2;
  }

  /** Length of the shortest path between two cells if all cells between them were free. A diagonal step has a length of sqrt(2). */
  distance(from: number, to: number): number {
    const { stride } = this;
    const dx = Math.abs((from % stride) - (to % stride));
    const dy = Math.abs(Math.trunc(from / stride) - Math.trunc(to / stride));
    if (this.neighbours === 4) return dx + dy;
    return dx > dy ? dx + (SQRT2 - 1) * dy : dy + (SQRT2 - 1) * dx;
  }
}

/** Cost of the cheapest cell that is not a wall; 255 where all are walls. */
export function leastCost(costs: Uint8Array): number {
  let least = 255;
  // Not for...of, which takes five times as long.
  for (let cell = 0; cell < costs.length; cell++) {
    const cost = costs[cell] ?? 0;
    if (cost > 0 && cost < least) least = cost;
  }
  return least;
}

/** Whether all cells that are not walls cost the same. */
export function isUniform(costs: Uint8Array): boolean {
  let found = 0;
  for (let cell = 0; cell < costs.length; cell++) {
    const cost = costs[cell] ?? 0;
    if (cost === found || cost === 0) continue;
    if (found !== 0) return false;
    found = cost;
  }
  return true;
}

/** The opposite direction. */
export function opposite(direction: number): number {
  return direction < ORTHOGONAL ? (direction + 2) & 3 : ((direction - 2) & 3) + 4;
}

export type Point = readonly [x: number, y: number];

/** Direction by (dx + 1) + 3 (dy + 1); -1 for no step. */
const DIRECTIONS = Int8Array.from({ length: 9 }, (_, i) =>
  STEP_X.findIndex((x, d) => x === (i % 3) - 1 && STEP_Y[d] === Math.trunc(i / 3) - 1),
);

/** Cost of a step between two points; infinite if it is not allowed. */
function stepCost(grid: Grid, from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  if (dx < -1 || dx > 1 || dy < -1 || dy > 1) return Number.POSITIVE_INFINITY;
  const direction = DIRECTIONS[dx + 1 + 3 * (dy + 1)] ?? -1;
  if (direction < 0 || direction >= grid.neighbours) return Number.POSITIVE_INFINITY;
  if (!grid.isOpen(grid.cellAt(from[0], from[1]), direction)) return Number.POSITIVE_INFINITY;
  return grid.stepCost(grid.cellAt(to[0], to[1]), direction);
}

/** Cost of a path; infinite if one of its steps is not allowed. */
export function pathCost(grid: Grid, points: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1], points[i]];
    if (from && to) sum += stepCost(grid, from, to);
  }
  return sum;
}

/** Whether a point can be skipped or replaced by a neighbour to save more than `slack`: then the path is not the cheapest. */
export function hasDetour(grid: Grid, points: readonly Point[], slack: number): boolean {
  for (let i = 2; i < points.length; i++) {
    const [from, over, to] = [points[i - 2], points[i - 1], points[i]];
    if (!from || !over || !to) continue;
    const taken = stepCost(grid, from, over) + stepCost(grid, over, to);
    if (taken > cheapest(grid, from, to) + slack) return true;
  }
  return false;
}

function cheapest(grid: Grid, from: Point, to: Point): number {
  if (from[0] === to[0] && from[1] === to[1]) return 0;
  let best = stepCost(grid, from, to);
  for (let direction = 0; direction < grid.neighbours; direction++) {
    const over: Point = [from[0] + (STEP_X[direction] ?? 0), from[1] + (STEP_Y[direction] ?? 0)];
    const there = stepCost(grid, from, over);
    if (there < best) best = Math.min(best, there + stepCost(grid, over, to));
  }
  return best;
}
