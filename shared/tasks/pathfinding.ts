import { MeshError } from '../errors.ts';
import { z } from '../zod.ts';
import { checkedInput } from './checked-input.ts';
import type { PackedTask, TaskDefinition } from './definition.ts';
import { attachmentAt, checkSizes, noValue } from './packing.ts';
import { isUniform } from './pathfinding/grid.ts';
import {
  BYTES_PER_QUERY,
  dealQueries,
  expectedCells,
  groupedByGoal,
  PATHFINDING,
  type Query,
  readQueries,
  writeQueries,
} from './pathfinding/queries.ts';
import { decodePaths, type FoundPath, mergePaths } from './pathfinding/result.ts';
import { verifyPaths } from './pathfinding/verify.ts';

const FIRST_DEADLINE_MS = 500;

export interface PathfindingInput {
  grid: { width: number; height: number; cost: Uint8Array };
  neighbours: 4 | 8;
  queries: { start: [number, number]; goal: [number, number] }[];
}
export interface PathfindingParams {
  width: number;
  height: number;
  neighbours: 4 | 8;
  queries: number;
  /** Cells that the searches are expected to settle. Estimated by the gamer from the queries, which are in an attachment. */
  workCells: number;
}
export interface PathfindingResult {
  paths: (FoundPath | null)[];
}

const side = z.int().min(1).max(PATHFINDING.maxSide);
const COORDINATE = 'expected a whole number, 0 or more';
const coordinate = z.int(COORDINATE).min(0, COORDINATE);
const place = z.tuple([coordinate, coordinate], 'expected [x, y]');
const neighbours = z.union([z.literal(4), z.literal(8)], 'expected 4 or 8');
const inputSchema = z.object({
  grid: z.object({
    width: side,
    height: side,
    cost: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected a Uint8Array'),
  }),
  neighbours,
  queries: z.array(z.object({ start: place, goal: place })).min(1),
});

/** `pathfinding` finds cheapest paths on a grid. The attachments of a task are the cost of each cell, row by row, and the queries. */
export const pathfinding: TaskDefinition<PathfindingInput, PathfindingParams, PathfindingResult> = {
  type: 'pathfinding',
  params: z.strictObject({
    ...{ width: side, height: side, neighbours },
    queries: z.int().min(1).max(PATHFINDING.maxQueries),
    workCells: z
      .number()
      .min(0)
      .max(PATHFINDING.maxSide ** 2 * PATHFINDING.maxQueries),
  }),
  value: noValue,
  cacheable: true,
  pack(input) {
    if (Array.isArray(input?.queries) && input.queries.length > PATHFINDING.maxQueries) {
      const limitBytes = PATHFINDING.maxQueries * BYTES_PER_QUERY;
      throw MeshError.tooLarge('The list of queries', input.queries.length * BYTES_PER_QUERY, limitBytes);
    }
    const { grid, neighbours, queries } = checkedInput(inputSchema, input, 'pathfinding');
    const { width, height, cost } = grid;
    if (cost.length !== width * height) {
      throw MeshError.badInput(`A grid of ${width}x${height} has ${width * height} costs, not ${cost.length}.`);
    }
    const asked = queries.map(({ start: [startX, startY], goal: [goalX, goalY] }) => {
      if (Math.max(startX, goalX) >= width || Math.max(startY, goalY) >= height) {
        throw MeshError.badInput(
          `A query from ${startX},${startY} to ${goalX},${goalY} is outside the grid of ${width}x${height}.`,
        );
      }
      return { startX, startY, goalX, goalY };
    });
    return packed({ width, height, neighbours }, cost.slice(), asked);
  },
  checkAttachments({ width, height, queries }, attachments) {
    checkSizes(attachments, [width * height, queries * BYTES_PER_QUERY], 'A pathfinding task');
    for (const { startX, startY, goalX, goalY } of readQueries(attachmentAt(attachments, 1))) {
      if (Math.max(startX, goalX) >= width || Math.max(startY, goalY) >= height) {
        throw MeshError.malformed('A pathfinding task arrived with queries outside its grid.');
      }
    }
  },
  unpackResult({ params, attachments }, result) {
    return { paths: decodePaths(params, readQueries(attachmentAt(attachments, 1)), result) };
  },
  kindOf: () => 'pathfinding',
  firstDeadlineMs: () => FIRST_DEADLINE_MS,
  cost: ({ workCells }) => workCells,
  // A guess: a path is about 1.2 times as long as a side of the grid. 12 bytes are its cost and its length.
  resultBytes: ({ width, height, queries }) => queries * (12 + Math.round(0.6 * (width + height))),
  verify({ params, attachments }, { paths }, random) {
    const queries = readQueries(attachmentAt(attachments, 1));
    return verifyPaths(params, attachmentAt(attachments, 0), { queries, paths, workCells: params.workCells }, random);
  },
  split({ params, attachments }, parts) {
    const queries = readQueries(attachmentAt(attachments, 1));
    const cost = attachmentAt(attachments, 0);
    const grid = { cells: cost.length, isUniform: isUniform(cost) };
    const piles = dealQueries(queries, parts, (group) => expectedCells(queries, group, grid));
    const { width, height, neighbours } = params;
    return {
      tasks: piles.map((places) =>
        packed(
          { width, height, neighbours },
          cost,
          places.flatMap((at) => queries[at] ?? []),
        ),
      ),
      merge: (results) => mergePaths(queries.length, piles, results),
    };
  },
};

function packed(
  shape: Pick<PathfindingParams, 'width' | 'height' | 'neighbours'>,
  cost: Uint8Array,
  queries: readonly Query[],
): PackedTask<PathfindingParams> {
  const grid = { cells: cost.length, isUniform: isUniform(cost) };
  const workCells = groupedByGoal(queries).reduce((sum, group) => sum + expectedCells(queries, group, grid), 0);
  const params = { ...shape, queries: queries.length, workCells: Math.ceil(workCells) };
  return { params, attachments: [cost, writeQueries(queries)] };
}
