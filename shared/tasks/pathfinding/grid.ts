export const ORTHOGONAL = 4;
export const SQRT2 = Math.SQRT2;

/** East, south, west, north, then the diagonals clockwise: diagonal `d` lies between orthogonals `d - 4` and `d - 3`, the last and the first. */
export const STEP_X: readonly number[] = [1, 0, -1, 0, 1, -1, -1, 1];
export const STEP_Y: readonly number[] = [0, 1, 0, -1, 1, 1, -1, -1];

export interface GridShape {
  width: number;
  height: number;
  neighbours: 4 | 8;
}

/** Cells by index, with a wall around them, so that nobody has to ask where the grid ends. */
export class Grid {
  readonly stride: number;
  /** 0: a wall. */
  readonly cost: Uint8Array;
  /** What each direction adds to an index. */
  readonly offsets: readonly number[];
  readonly neighbours: 4 | 8;
  /** No step costs less, unless all is wall. */
  readonly leastCost: number;

  constructor({ width, height, neighbours }: GridShape, cost: Uint8Array) {
    this.stride = width + 2;
    this.neighbours = neighbours;
    this.cost = new Uint8Array(this.stride * (height + 2));
    for (let y = 0; y < height; y++) {
      this.cost.set(cost.subarray(y * width, (y + 1) * width), (y + 1) * this.stride + 1);
    }
    this.offsets = STEP_X.map((stepX, d) => stepX + (STEP_Y[d] ?? 0) * this.stride);
    this.leastCost = cost.reduce((least, value) => (value > 0 && value < least ? value : least), 255);
  }

  cellAt(x: number, y: number): number {
    return (y + 1) * this.stride + x + 1;
  }

  isWall(cell: number): boolean {
    return this.cost[cell] === 0;
  }

  /** Does one get out of a cell this way? A diagonal cuts no corner: both cells beside it must be free. */
  isOpen(cell: number, direction: number): boolean {
    const { cost, offsets } = this;
    if (cost[cell + (offsets[direction] ?? 0)] === 0) return false;
    if (direction < ORTHOGONAL) return true;
    const one = offsets[direction - 4] ?? 0;
    const other = offsets[(direction - 3) & 3] ?? 0;
    return cost[cell + one] !== 0 && cost[cell + other] !== 0;
  }

  /** Of a step that is open. */
  stepCost(into: number, direction: number): number {
    const cost = this.cost[into] ?? 0;
    return direction < ORTHOGONAL ? cost : cost * SQRT2;
  }

  /**
   * Of steps that are open. Straight and diagonal steps are added up apart, as whole numbers: paths that cost the same come to the
   * same number then, to the last bit, in whatever order they take their steps.
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

  /** Lower bound of a path between two cells: as if all between them were free and cheapest. */
  leastBetween(from: number, to: number): number {
    const { stride, leastCost } = this;
    const dx = Math.abs((from % stride) - (to % stride));
    const dy = Math.abs(Math.trunc(from / stride) - Math.trunc(to / stride));
    if (this.neighbours === 4) return leastCost * (dx + dy);
    return leastCost * (dx > dy ? dx + (SQRT2 - 1) * dy : dy + (SQRT2 - 1) * dx);
  }
}

/** The way back. */
export function opposite(direction: number): number {
  return direction < ORTHOGONAL ? (direction + 2) & 3 : ((direction - 2) & 3) + 4;
}

export type Point = readonly [x: number, y: number];

/** By (dx + 1) + 3 (dy + 1): -1 in the middle. */
const DIRECTIONS = Int8Array.from({ length: 9 }, (_, i) =>
  STEP_X.findIndex((x, d) => x === (i % 3) - 1 && STEP_Y[d] === Math.trunc(i / 3) - 1),
);

/** Infinite: one cannot go there in a step. */
export function stepCost(grid: Grid, from: Point, to: Point): number {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  if (dx < -1 || dx > 1 || dy < -1 || dy > 1) return Number.POSITIVE_INFINITY;
  const direction = DIRECTIONS[dx + 1 + 3 * (dy + 1)] ?? -1;
  if (direction < 0 || direction >= grid.neighbours) return Number.POSITIVE_INFINITY;
  if (!grid.isOpen(grid.cellAt(from[0], from[1]), direction)) return Number.POSITIVE_INFINITY;
  return grid.stepCost(grid.cellAt(to[0], to[1]), direction);
}

/** Infinite where it cannot be gone. */
export function pathCost(grid: Grid, points: readonly Point[]): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1], points[i]];
    if (from && to) sum += stepCost(grid, from, to);
  }
  return sum;
}

/** A point that can be skipped, or swapped for a neighbour, at a gain of more than `slack`: the path is no cheapest one. */
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
