import { finish, type PackedTask, type Steps } from '../../shared/tasks/definition.ts';
import { partOf } from '../../shared/tasks/packing.ts';
import { readQueries } from '../../shared/tasks/pathfinding/queries.ts';
import { type PathfindingParams, pathfinding } from '../../shared/tasks/pathfinding.ts';
import { inSlices } from './in-slices.ts';
import { findPaths } from './js/find-paths.ts';
import { nextMacrotask } from './macrotask.ts';
import { PROBE_TURN } from './probe.ts';
import type { TaskExecutor } from './task-executor.ts';
import { COMPUTE } from './tuning.ts';
import { fieldGroups, type WgslPathFinder } from './wgsl/path-finder.ts';

const AGENTS = 64;

/**
 * The path finder with its speed at flow fields, where its paths are legal and cost what the reference's do; null where they are not,
 * and where the reference is faster unless `insists`. The first run pays for compiling.
 */
export async function measurePaths(
  finder: WgslPathFinder,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = probeTask(insists ? COMPUTE.insistedPathProbeSide : COMPUTE.pathProbeSide);
  const processorStartMs = now();
  const expected = await inSlices(findPaths(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const found = await finder.run(task, PROBE_TURN);
  const { paths } = pathfinding.unpackResult(task, found);
  const due = pathfinding.unpackResult(task, expected);
  if (paths.some((path, i) => path?.cost !== due.paths[i]?.cost)) return null;
  finish(pathfinding.verify(task, { paths }, () => 0.5) as Steps<void>);
  const startMs = now();
  await finder.run(task, PROBE_TURN);
  const tookMs = Math.max(now() - startMs, COMPUTE.leastProbeMs);
  if (tookMs >= processorMs && !insists) return null;
  const { width, height } = task.params;
  // Its time for a smaller grid is this at most, and the processor's is this from so many cells on.
  const leastCells = insists ? 0 : width * height * (tookMs / processorMs);
  // Sound: the engine gives it tasks of this type, whose params their schema checked.
  const typed = (asked: PackedTask) => asked as PackedTask<PathfindingParams>;
  return {
    backend: 'wgsl',
    unitsPerMs: pathfinding.cost(task.params) / tookMs,
    suits(asked) {
      const { params, attachments } = typed(asked);
      if (params.width * params.height < leastCells) return false;
      return fieldGroups(readQueries(partOf(attachments, 1))).length > 0;
    },
    run: (asked, turn) => finder.run(typed(asked), turn),
  };
}

/** Walls, and ways of many costs, for agents from everywhere. */
function probeTask(side: number): PackedTask<PathfindingParams> {
  const scattered = (i: number) => Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i >>> 3), 0x85ebca6b) >>> 16;
  const cost = Uint8Array.from({ length: side * side }, (_, i) =>
    scattered(i) % 5 === 0 ? 0 : 1 + (scattered(i) % 97),
  );
  const goal: [number, number] = [side >> 2, side >> 3];
  const queries = Array.from({ length: AGENTS }, (_, i) => ({
    start: [scattered(2 * i) % side, scattered(2 * i + 1) % side] as [number, number],
    goal,
  }));
  cost[goal[1] * side + goal[0]] = 1;
  return pathfinding.pack({ grid: { width: side, height: side, cost }, neighbours: 8, queries });
}
