import { concatBytes } from '../../bytes.ts';
import { MeshError } from '../../errors.ts';
import { PATHFINDING } from '../../tuning.ts';
import { partOf } from '../check-input.ts';
import type { PackedResult } from '../definition.ts';
import { bytesOf, numbersIn } from '../numbers.ts';
import { Grid, type GridShape, STEP_X, STEP_Y } from './grid.ts';
import type { Query } from './queries.ts';

/** All cells from the start to the goal, both included. */
export interface FoundPath {
  points: [number, number][];
  cost: number;
}

/** In the place of a path's cost. */
const NO_PATH = -1;

/** Costs (f64), numbers of steps (u32), and the steps of all, a direction in a byte each. Throws MeshError `too-large`. */
export function encodePaths(
  shape: GridShape,
  cost: Uint8Array,
  queries: readonly Query[],
  paths: readonly (Uint8Array | null)[],
): PackedResult {
  const steps = concatBytes(paths.filter((path) => path !== null));
  if (steps.byteLength > PATHFINDING.maxSteps) {
    throw MeshError.tooLarge('The paths together', steps.byteLength, PATHFINDING.maxSteps);
  }
  const grid = new Grid(shape, cost);
  const costs = Float64Array.from(paths, (path, at) => {
    const query = queries[at];
    return path && query ? grid.pathCost(grid.cellAt(query.startX, query.startY), path) : NO_PATH;
  });
  const counts = Uint32Array.from(paths, (path) => path?.length ?? 0);
  return { value: null, attachments: [bytesOf(costs), bytesOf(counts), steps] };
}

/** Throws MeshError `malformed`: also for paths that leave the grid, or end elsewhere. */
export function decodePaths(
  { width, height, neighbours }: GridShape,
  queries: readonly Query[],
  { attachments }: PackedResult,
): (FoundPath | null)[] {
  const count = queries.length;
  if (
    attachments.length !== 3 ||
    attachments[0]?.byteLength !== count * 8 ||
    attachments[1]?.byteLength !== count * 4
  ) {
    throw MeshError.malformed('Paths came back that are not one for each query.');
  }
  const costs = numbersIn(Float64Array, partOf(attachments, 0));
  const counts = numbersIn(Uint32Array, partOf(attachments, 1));
  const steps = partOf(attachments, 2);
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total !== steps.byteLength || total > PATHFINDING.maxSteps) {
    throw MeshError.malformed('Paths came back with steps missing, or too many.');
  }
  let at = 0;
  return queries.map((query, i) => {
    const cost = costs[i] ?? Number.NaN;
    const path = steps.subarray(at, at + (counts[i] ?? 0));
    at += path.length;
    if (cost === NO_PATH && path.length === 0) return null;
    if (!(cost >= 0 && Number.isFinite(cost))) throw MeshError.malformed('A path came back without a cost.');
    return { points: walk(query, path, { width, height, neighbours }), cost };
  });
}

function walk(query: Query, path: Uint8Array, { width, height, neighbours }: GridShape): [number, number][] {
  let { startX: x, startY: y } = query;
  const points: [number, number][] = [[x, y]];
  for (const direction of path) {
    x += STEP_X[direction] ?? Number.NaN;
    y += STEP_Y[direction] ?? Number.NaN;
    const isInside = direction < neighbours && x >= 0 && y >= 0 && x < width && y < height;
    if (!isInside) throw MeshError.malformed('A path came back that leaves its grid.');
    points.push([x, y]);
  }
  if (x !== query.goalX || y !== query.goalY) throw MeshError.malformed('A path came back that ends elsewhere.');
  return points;
}
