import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import type { PathfindingParams } from '../../../shared/tasks/pathfinding.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';
import type { RaytracingParams } from '../../../shared/tasks/raytracing.ts';
import { COMPUTE } from '../tuning.ts';
import { findPaths } from './find-paths.ts';
import { simulateBodies } from './simulate-bodies.ts';
import { traceRays } from './trace-rays.ts';

/** The types that have one. The task was checked by its own definition. Steps throw MeshError. */
const EXECUTORS: Record<string, (task: PackedTask) => Steps<PackedResult>> = {
  pathfinding: (task) => findPaths(task as PackedTask<PathfindingParams>),
  physics: (task) => simulateBodies(task as PackedTask<PhysicsParams>),
  raytracing: (task) => traceRays(task as PackedTask<RaytracingParams>),
};

/** The reference executor of a type, on this computer's processor. */
export function executorOf(type: string): ((task: PackedTask) => Steps<PackedResult>) | undefined {
  return Object.hasOwn(EXECUTORS, type) ? EXECUTORS[type] : undefined;
}

/** What a machine promises of them before it has seen itself work. */
export function promisedSpeeds(): Record<string, { backend: string; unitsPerMs: number }> {
  return {
    infer: { backend: 'ort-wasm', unitsPerMs: COMPUTE.inferBytesPerMs },
    pathfinding: { backend: 'js', unitsPerMs: COMPUTE.pathfindingCellsPerMs },
    physics: { backend: 'js', unitsPerMs: COMPUTE.physicsBodyStepsPerMs },
    raytracing: { backend: 'js', unitsPerMs: COMPUTE.raytracingUnitsPerMs },
  };
}
