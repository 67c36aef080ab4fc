import type { Steps } from '../definition.ts';
import { Grid, type GridShape, isUniform } from './grid.ts';
import { JumpMaps } from './jump-maps.ts';
import { JumpSearch } from './jump-search.ts';
import { groupedByGoal, PATHFINDING, type Query, StepCounter } from './queries.ts';
import { CELLS_PER_STEP, Search } from './search.ts';

/** Searches for single paths, one after another. */
export interface PathSearch {
  /** Returns the directions of a cheapest path, null if there is none, or undefined if it gave up after `maxCells` cells. */
  pathBetween(start: number, goal: number, maxCells?: number): Steps<Uint8Array | null | undefined>;
}

/** The fastest search for a grid. */
export function* openSearch(grid: Grid): Steps<PathSearch> {
  return isUniform(grid.cost) ? new JumpSearch(grid, yield* JumpMaps.of(grid)) : new Search(grid);
}

/**
 * Returns the directions of each query's path; null if there is none. Deterministic, also among paths of equal cost. Throws MeshError
 * `too-large` as soon as the paths together are longer than a result may be.
 */
export function* solvePaths(
  shape: GridShape,
  cost: Uint8Array,
  queries: readonly Query[],
): Steps<(Uint8Array | null)[]> {
  const grid = new Grid(shape, cost);
  let search: Search | null = null;
  let single: PathSearch | null = null;
  const paths: (Uint8Array | null)[] = queries.map(() => null);
  const counter = new StepCounter();
  let regions: Uint32Array | null = null;
  const mayBeLinked = (start: number, goal: number) =>
    !grid.isWall(start) && !grid.isWall(goal) && (regions === null || regions[start] === regions[goal]);

  for (const group of groupedByGoal(queries)) {
    const goal = goalOf(grid, queries, group);
    const open = group.map((at) => ({ at, start: startOf(grid, queries, at) }));
    const asked = open.filter(({ start }) => mayBeLinked(start, goal));
    if (group.length >= PATHFINDING.fieldFromQueries && asked.length > 0) {
      search ??= new Search(grid);
      const found = yield* search.pathsTo(
        goal,
        asked.map(({ start }) => start),
        (steps) => counter.add(steps),
      );
      for (const [i, { at }] of asked.entries()) paths[at] = found[i] ?? null;
    } else {
      for (const { at, start } of asked) {
        single ??= yield* openSearch(grid);
        const path = (yield* single.pathBetween(start, goal)) ?? null;
        counter.add(path?.length ?? 0);
        paths[at] = path;
      }
    }
    // A failed search settles a whole region; with the regions known, no further search fails like that.
    if (asked.some(({ at }) => paths[at] === null)) regions ??= yield* regionsOf(grid);
  }
  return paths;
}

function startOf(grid: Grid, queries: readonly Query[], at: number): number {
  const query = queries[at];
  return query ? grid.cellAt(query.startX, query.startY) : 0;
}

function goalOf(grid: Grid, queries: readonly Query[], [at = 0]: readonly number[]): number {
  const query = queries[at];
  return query ? grid.cellAt(query.goalX, query.goalY) : 0;
}

/**
 * Labels the connected regions of a grid: cells with equal numbers can reach one another; 0 is a wall. A flood fill visits each cell once,
 * whereas a failed search also orders them by cost. Diagonal steps cut no corners, so orthogonal steps reach the same cells.
 */
export function* regionsOf({ cost, offsets }: Grid): Steps<Uint32Array> {
  const regions = new Uint32Array(cost.length);
  const waiting = new Int32Array(cost.length);
  const sides = offsets.slice(0, 4);
  let count = 0;
  let looked = 0;
  for (let first = 0; first < cost.length; first++) {
    if (cost[first] === 0 || regions[first] !== 0) continue;
    regions[first] = ++count;
    waiting[0] = first;
    for (let size = 1; size > 0; ) {
      const cell = waiting[--size] ?? 0;
      for (const offset of sides) {
        const next = cell + offset;
        if (cost[next] === 0 || regions[next] !== 0) continue;
        regions[next] = count;
        waiting[size++] = next;
      }
      if (++looked % (CELLS_PER_STEP * FLOOD_CELLS_PER_SEARCHED) === 0) yield;
    }
  }
  return regions;
}

/** Flooding a cell takes at most a tenth of the time of settling it in a search. */
const FLOOD_CELLS_PER_SEARCHED = 10;
