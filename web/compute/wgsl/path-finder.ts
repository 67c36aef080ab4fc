import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import { attachmentAt } from '../../../shared/tasks/packing.ts';
import { type GridShape, STEP_X, STEP_Y } from '../../../shared/tasks/pathfinding/grid.ts';
import {
  groupedByGoal,
  PATHFINDING,
  type Query,
  readQueries,
  StepCounter,
} from '../../../shared/tasks/pathfinding/queries.ts';
import { encodePaths } from '../../../shared/tasks/pathfinding/result.ts';
import { solvePaths } from '../../../shared/tasks/pathfinding/solve.ts';
import type { PathfindingParams } from '../../../shared/tasks/pathfinding.ts';
import { runInSlices, type TimeSlot } from '../schedule.ts';
import { compileFlowField, FlowField, type FlowFieldPipelines, NO_DIRECTION } from './flow-field.ts';

type Paths = (Uint8Array | null)[];

/** Groups of queries, as indices, that are worth a flow field each. A search for a single goal is faster on the processor. */
export function fieldGroups(queries: readonly Query[]): number[][] {
  return groupedByGoal(queries).filter((group) => group.length >= PATHFINDING.fieldFromQueries);
}

/**
 * `pathfinding` on a WebGPU device that it does not own: a flow field for each goal that many queries share, and A* on the processor for
 * the rest.
 */
export class WgslPathFinder {
  readonly #device: GPUDevice;
  readonly #now: () => number;
  #pipelines: Promise<FlowFieldPipelines> | null = null;

  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /** Costs equal those of the reference exactly. Throws MeshError `device-lost`, `too-large`, `cancelled`, `volunteer-failed`. */
  async run({ params, attachments }: PackedTask<PathfindingParams>, slot: TimeSlot): Promise<PackedResult> {
    const cost = attachmentAt(attachments, 0);
    const queries = readQueries(attachmentAt(attachments, 1));
    const paths: Paths = queries.map(() => null);
    const groups = fieldGroups(queries);
    await this.#solveByFields(params, cost, queries, groups, paths, slot);
    const grouped = new Set(groups.flat());
    const ungrouped = queries.flatMap((query, index) => (grouped.has(index) ? [] : [{ query, index }]));
    if (ungrouped.length > 0) {
      const ungroupedQueries = ungrouped.map(({ query }) => query);
      const ungroupedPaths = await this.#inSlices(solvePaths(params, cost, ungroupedQueries), slot);
      for (const [i, { index }] of ungrouped.entries()) paths[index] = ungroupedPaths[i] ?? null;
    }
    return encodePaths(params, cost, queries, paths);
  }

  async #solveByFields(
    shape: GridShape,
    cost: Uint8Array,
    queries: readonly Query[],
    groups: readonly number[][],
    paths: Paths,
    slot: TimeSlot,
  ): Promise<void> {
    if (groups.length === 0) return;
    this.#pipelines ??= compileFlowField(this.#device);
    const parts = { device: this.#device, now: this.#now, pipelines: await this.#pipelines, shape };
    const field = await FlowField.create(parts, cost);
    const counter = new StepCounter();
    try {
      for (const group of groups) {
        const { goalX = 0, goalY = 0 } = queries[group[0] ?? 0] ?? {};
        const goal = goalY * shape.width + goalX;
        // No path leads into a wall.
        if (cost[goal] === 0) continue;
        const directions = await field.directionsTo(goal, slot);
        await this.#inSlices(followField(directions, { shape, cost, goal, queries, group, counter }, paths), slot);
      }
    } finally {
      field.dispose();
    }
  }

  #inSlices<T>(steps: Steps<T>, slot: TimeSlot): Promise<T> {
    return runInSlices(steps, this.#now, () => slot.yieldNow());
  }
}

interface FieldGroup {
  shape: GridShape;
  cost: Uint8Array;
  goal: number;
  queries: readonly Query[];
  group: readonly number[];
  /** Counts the steps of all workgroups of the task. */
  counter: StepCounter;
}

/**
 * Writes the path of each query in the group. A wrong field could lead round in a circle, so no path is longer than there are cells. Throws
 * MeshError `too-large`.
 */
function* followField(directions: Uint8Array, of: FieldGroup, paths: Paths): Steps<void> {
  const { shape, cost, goal, queries, group, counter } = of;
  const offsets = STEP_X.map((x, direction) => x + shape.width * (STEP_Y[direction] ?? 0));
  for (const index of group) {
    const query = queries[index];
    if (!query) continue;
    let cell = query.startY * shape.width + query.startX;
    const path: number[] = [];
    while (cell !== goal && directions[cell] !== NO_DIRECTION && path.length < directions.length) {
      const direction = directions[cell] ?? NO_DIRECTION;
      path.push(direction);
      cell += offsets[direction] ?? 0;
    }
    counter.add(path.length);
    if (cell === goal && cost[cell] !== 0) paths[index] = Uint8Array.from(path);
    yield;
  }
}
