import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import { partOf } from '../../../shared/tasks/packing.ts';
import { readQueries } from '../../../shared/tasks/pathfinding/queries.ts';
import { encodePaths } from '../../../shared/tasks/pathfinding/result.ts';
import { solvePaths } from '../../../shared/tasks/pathfinding/solve.ts';
import type { PathfindingParams } from '../../../shared/tasks/pathfinding.ts';

/** The reference of `pathfinding`. Throws MeshError `too-large`. */
export function* findPaths({ params, attachments }: PackedTask<PathfindingParams>): Steps<PackedResult> {
  const cost = partOf(attachments, 0);
  const queries = readQueries(partOf(attachments, 1));
  const paths = yield* solvePaths(params, cost, queries);
  return encodePaths(params, cost, queries, paths);
}
