import { concatBytes } from '../../bytes.ts';
import { MeshError } from '../../errors.ts';
import type { PackedResult } from '../definition.ts';
import { attachmentAt, bytesOf, numbersIn } from '../packing.ts';
import { Grid, type GridShape, STEP_X, STEP_Y } from './grid.ts';
import { PATHFINDING, type Query } from './queries.ts';

/** A path: all cells from the start to the goal, including both. */
export interface FoundPath {
  points: [number, number][];
  cost: number;
}

/** Stored instead of the cost if there is no path. */
const NO_PATH = -1;

/** Encodes paths as three attachments: costs (f64), step counts (u32), and all steps, one direction per byte. Throws MeshError `too-large`. */
export function encodePaths(
  shape: GridShape,
  cost: Uint8Array,
  queries: readonly Query[],
  paths: readonly (Uint8Array | null)[],
): PackedResult {
  const steps = joinedSteps(paths.filter((path) => path !== null));
  const grid = new Grid(shape, cost);
  const costs = Float64Array.from(paths, (path, at) => {
    const query = queries[at];
    return path && query ? grid.pathCost(grid.cellAt(query.startX, query.startY), path) : NO_PATH;
  });
  const counts = Uint32Array.from(paths, (path) => path?.length ?? 0);
  return { value: null, attachments: [bytesOf(costs), bytesOf(counts), steps] };
}

/** Merges the results of piles of queries; a pile holds the indices of its queries among all `total`. Throws MeshError `too-large`. */
export function mergePaths(
  total: number,
  piles: readonly (readonly number[])[],
  results: readonly PackedResult[],
): PackedResult {
  const costs = new Float64Array(total).fill(NO_PATH);
  const counts = new Uint32Array(total);
  const paths: Uint8Array[] = Array.from({ length: total }, () => new Uint8Array(0));
  for (const [i, { attachments }] of results.entries()) {
    const partCosts = numbersIn(Float64Array, attachmentAt(attachments, 0));
    const partCounts = numbersIn(Uint32Array, attachmentAt(attachments, 1));
    const steps = attachmentAt(attachments, 2);
    let from = 0;
    for (const [j, place] of (piles[i] ?? []).entries()) {
      const count = partCounts[j] ?? 0;
      costs[place] = partCosts[j] ?? NO_PATH;
      counts[place] = count;
      paths[place] = steps.subarray(from, from + count);
      from += count;
    }
  }
  return { value: null, attachments: [bytesOf(costs), bytesOf(counts), joinedSteps(paths)] };
}

function joinedSteps(paths: readonly Uint8Array[]): Uint8Array {
  const steps = concatBytes(paths);
  if (steps.byteLength > PATHFINDING.maxSteps) {
    throw MeshError.tooLarge('The paths together', steps.byteLength, PATHFINDING.maxSteps);
  }
  return steps;
}

/** Decodes paths. Throws MeshError `malformed`, also for paths that leave the grid or end elsewhere. */
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
    throw MeshError.malformed('The number of paths that came back is not that of the queries.');
  }
  const costs = numbersIn(Float64Array, attachmentAt(attachments, 0));
  const counts = numbersIn(Uint32Array, attachmentAt(attachments, 1));
  const steps = attachmentAt(attachments, 2);
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total !== steps.byteLength || total > PATHFINDING.maxSteps) {
    throw MeshError.malformed('Paths came back with the wrong number of steps.');
  }
  // A cheapest path visits no cell twice. A longer one would only take this page's time and memory.
  if (counts.some((steps) => steps >= width * height))
    throw MeshError.malformed('A path came back that runs in circles.');
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
