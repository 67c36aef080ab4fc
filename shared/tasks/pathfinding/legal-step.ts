import { type Grid, STEP_X, STEP_Y } from './grid.ts';

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
