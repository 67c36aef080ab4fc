import { MeshError } from '../../errors.ts';
import type { Steps } from '../definition.ts';
import { Grid, type GridShape, hasDetour, isUniform, pathCost } from './grid.ts';
import { expectedCells, type Query } from './queries.ts';
import type { FoundPath } from './result.ts';
import { CELLS_PER_STEP } from './search.ts';
import { openSearch, regionsOf } from './solve.ts';

/** Relative error allowed in a path's cost: in single precision, the sum of ten thousand steps is off by some 1e-5. */
const COST_TOLERANCE = 1e-4;
/** Average share of the whole work that a check may take. */
const CHECKED_SHARE = 0.03;
/** Longest part of a path that is searched again, in cells: the search settles some thousands. */
const CHECKED_WINDOW = 64;

interface Found {
  queries: readonly Query[];
  paths: readonly (FoundPath | null)[];
  /** Cells that the searches were expected to settle. */
  workCells: number;
}

/**
 * Checks paths: every step is allowed, every cost adds up, and no path is missing that exists. Then, at random and within
 * {@link CHECKED_SHARE} of the work: no path has a local detour, and one path is searched again, in part or in full. Throws MeshError
 * `verify-failed`.
 */
export function* verifyPaths(shape: GridShape, cost: Uint8Array, found: Found, random: () => number): Steps<void> {
  const grid = new Grid(shape, cost);
  yield* checkDenied(grid, found);
  for (const path of found.paths) {
    if (path) checkCost(grid, path);
    yield;
  }
  yield* checkDetours(grid, found, random);
  yield* searchAgain(grid, found, random);
}

function* checkDenied(grid: Grid, { queries, paths }: Found): Steps<void> {
  const denied = queries
    .filter((_, i) => paths[i] === null)
    .map(({ startX, startY, goalX, goalY }) => [grid.cellAt(startX, startY), grid.cellAt(goalX, goalY)] as const)
    .filter(([start, goal]) => !grid.isWall(start) && !grid.isWall(goal));
  if (denied.length === 0) return;
  const regions = yield* regionsOf(grid);
  if (denied.some(([start, goal]) => regions[start] === regions[goal])) {
    throw MeshError.verifyFailed('There is a path where none was found.');
  }
}

function checkCost(grid: Grid, { points, cost }: FoundPath): void {
  const first = points[0];
  if (first && grid.isWall(grid.cellAt(first[0], first[1])))
    throw MeshError.verifyFailed('A path begins inside a wall.');
  const sum = pathCost(grid, points);
  if (sum === Number.POSITIVE_INFINITY)
    throw MeshError.verifyFailed('A path goes through a wall, cuts a corner or jumps.');
  if (Math.abs(sum - cost) > COST_TOLERANCE * sum) throw MeshError.verifyFailed("A path's cost does not add up.");
}

/** Checks as many paths as the budget allows, starting at a random one. */
function* checkDetours(grid: Grid, { paths, workCells }: Found, random: () => number): Steps<void> {
  const first = indexBelow(paths.length, random);
  let left = workCells * CHECKED_SHARE + CELLS_PER_STEP;
  for (let i = 0; i < paths.length && left > 0; i++) {
    const path = paths[(first + i) % paths.length];
    if (!path) continue;
    if (hasDetour(grid, path.points, COST_TOLERANCE * path.cost))
      throw MeshError.verifyFailed('A path makes a detour.');
    left -= path.points.length;
    yield;
  }
}

function* searchAgain(grid: Grid, { queries, paths, workCells }: Found, random: () => number): Steps<void> {
  const at = indexBelow(paths.length, random);
  const path = paths[at];
  if (!path) return;
  const affordable = workCells * CHECKED_SHARE;
  const isWhole =
    random() < affordable / expectedCells(queries, [at], { cells: grid.cost.length, isUniform: isUniform(grid.cost) });
  // Any part of a cheapest path is itself a cheapest path.
  const length = isWhole ? path.points.length : Math.min(path.points.length, CHECKED_WINDOW);
  const begin = indexBelow(path.points.length - length + 1, random);
  const part = path.points.slice(begin, begin + length);
  const [from, to] = [part[0], part.at(-1)];
  if (!from || !to) return;
  const maxCells = isWhole ? Number.POSITIVE_INFINITY : affordable + CELLS_PER_STEP;
  const start = grid.cellAt(from[0], from[1]);
  const search = yield* openSearch(grid);
  const best = yield* search.pathBetween(start, grid.cellAt(to[0], to[1]), maxCells);
  if (!best) return;
  const claimed = pathCost(grid, part);
  if (claimed > grid.pathCost(start, best) + COST_TOLERANCE * path.cost) {
    throw MeshError.verifyFailed('There is a cheaper path.');
  }
}

function indexBelow(count: number, random: () => number): number {
  return Math.min(count - 1, Math.floor(random() * count));
}
