import { MeshError } from '../../errors.ts';
import { numbersIn } from '../packing.ts';

/** Limits of a `pathfinding` task, and the point from which a flow field pays off. */
export const PATHFINDING = {
  /** Side of the grid: 1 MB of costs, and a search over all of it takes a CPU a quarter of a second. */
  maxSide: 1_024,
  maxQueries: 4_096,
  /** Steps of all paths together: one byte each on the wire, and some 100 in a page's memory. */
  maxSteps: 4 * 1024 * 1024,
  /** Queries with one goal from which one flow field is cheaper than separate searches: a search settles a third of the cells. */
  fieldFromQueries: 3,
} as const;

/** A query on the wire: start x, start y, goal x, goal y, as unsigned 16-bit numbers. */
const NUMBERS_PER_QUERY = 4;
export const BYTES_PER_QUERY = NUMBERS_PER_QUERY * 2;

export interface Query {
  startX: number;
  startY: number;
  goalX: number;
  goalY: number;
}

export function readQueries(bytes: Uint8Array): Query[] {
  const numbers = numbersIn(Uint16Array, bytes);
  const queries: Query[] = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_QUERY) {
    const [startX = 0, startY = 0, goalX = 0, goalY = 0] = numbers.subarray(at, at + NUMBERS_PER_QUERY);
    queries.push({ startX, startY, goalX, goalY });
  }
  return queries;
}

export function writeQueries(queries: readonly Query[]): Uint8Array {
  const numbers = Uint16Array.from(
    queries.flatMap(({ startX, startY, goalX, goalY }) => [startX, startY, goalX, goalY]),
  );
  return new Uint8Array(numbers.buffer);
}

/** Counts the steps of a task's paths as they are found: thousands of winding paths would take gigabytes before their result is encoded. */
export class StepCounter {
  #steps = 0;

  /** Throws MeshError `too-large` once there are more than a result may have. */
  add(steps: number): void {
    this.#steps += steps;
    if (this.#steps > PATHFINDING.maxSteps)
      throw MeshError.tooLarge('The paths together', this.#steps, PATHFINDING.maxSteps);
  }
}

/** Groups queries by goal, as indices into the list: those of one goal are solved together. */
export function groupedByGoal(queries: readonly Query[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const [at, { goalX, goalY }] of queries.entries()) {
    const key = goalY * 65_536 + goalX;
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  }
  return [...groups.values()];
}

/** What a search by jumps takes, of one that settles the cells one by one, on average over grids of several kinds. */
const JUMPING_SHARE = 0.1;

/**
 * Estimates how many cells a group will settle: all of them for a flow field, an area between start and goal for a search, which on a grid with a
 * single cost takes a tenth of that. The real number is higher on a grid with many costs.
 *
 * @param grid - its number of cells, and whether all that are not walls cost the same.
 */
export function expectedCells(
  queries: readonly Query[],
  group: readonly number[],
  { cells, isUniform }: { cells: number; isUniform: boolean },
): number {
  if (group.length >= PATHFINDING.fieldFromQueries) return cells;
  return group.reduce((sum, at) => {
    const query = queries[at];
    const distance = query ? Math.abs(query.startX - query.goalX) + Math.abs(query.startY - query.goalY) : 0;
    const settled = Math.min(cells, 1 + distance + (distance * distance) / 2);
    return sum + (isUniform ? settled * JUMPING_SHARE : settled);
  }, 0);
}

/**
 * Distributes queries over at most `parts` piles of about equal work. Those with one goal stay together, since each pile would otherwise
 * compute the whole flow field. A pile holds indices into the list.
 */
export function dealQueries(
  queries: readonly Query[],
  parts: number,
  workOf: (group: readonly number[]) => number,
): number[][] {
  const groups = groupedByGoal(queries).map((group) => ({ group, work: workOf(group) }));
  const piles = Array.from({ length: Math.min(parts, groups.length) }, () => ({ places: [] as number[], work: 0 }));
  // Longest processing time first (R. L. Graham, 1969): at most a third above the optimum.
  for (const { group, work } of groups.sort((a, b) => b.work - a.work)) {
    const pile = piles.reduce((least, other) => (other.work < least.work ? other : least));
    pile.places.push(...group);
    pile.work += work;
  }
  return piles.map(({ places }) => places.sort((a, b) => a - b));
}
