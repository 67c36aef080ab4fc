import { partOf } from '../../shared/tasks/check-input.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { readQueries } from '../../shared/tasks/pathfinding/queries.ts';
import { type PathfindingParams, pathfinding } from '../../shared/tasks/pathfinding.ts';
import { type PhysicsBody, type PhysicsParams, physics } from '../../shared/tasks/physics.ts';
import { type RaytracingParams, raytracing } from '../../shared/tasks/raytracing.ts';
import { finish, type Steps } from '../../shared/tasks/steps.ts';
import { PHYSICS, RAYTRACING } from '../../shared/tasks/tuning.ts';
import type { BackendName, TaskExecutor } from './backend.ts';
import { EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { findPaths, simulateBodies, traceRays } from './js-backend.ts';
import { nextMacrotask, runInSlices } from './schedule.ts';
import { COMPUTE } from './tuning.ts';
import type { OpenedDevice } from './wgsl/gpu-device.ts';
import { fieldGroups, WgslPathFinder } from './wgsl/path-finder.ts';
import { WgslRayTracer } from './wgsl/ray-tracer.ts';
import { WgslSimulator } from './wgsl/simulator.ts';

/**
 * What a GPU runs as right as the reference and faster, by type: measured one after another within {@link COMPUTE.executorProbeMs}.
 * A software adapter is the same processor, and is not asked unless somebody insists.
 */
export async function selectGpuExecutors(
  { device, isSoftware }: OpenedDevice,
  preferred: BackendName | undefined,
  now: () => number,
): Promise<ReadonlyMap<string, TaskExecutor>> {
  const insists = preferred === 'wgsl';
  const executors = new Map<string, TaskExecutor>();
  if (!insists && (isSoftware || preferred)) return executors;
  const probes = {
    raytracing: () => benchmarkRaytracing(new WgslRayTracer(device, now), now, insists),
    pathfinding: () => benchmarkPathfinding(new WgslPathFinder(device, now), now, insists),
    physics: () => benchmarkPhysics(new WgslSimulator(device, now), now, insists),
  };
  const startMs = now();
  for (const [type, probe] of Object.entries(probes)) {
    // What does not run tasks may sharpen pictures.
    const measuring = probe().catch(() => null);
    const leftMs = COMPUTE.executorProbeMs - (now() - startMs);
    const executor = await (insists ? measuring : orNull(measuring, leftMs));
    if (executor) executors.set(type, executor);
  }
  return executors;
}

/** A driver that compiles slowly must not cost the machine its filters. */
async function orNull<T>(measuring: Promise<T>, withinMs: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), Math.max(0, withinMs));
  });
  return Promise.race([measuring, late]).finally(() => clearTimeout(timer));
}

/**
 * The tracer with its speed, where it paints what the reference paints; null where it does not, and where the reference is faster
 * unless `insists`. The first run pays for compiling.
 */
export async function benchmarkRaytracing(
  tracer: WgslRayTracer,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = raytracingProbe();
  const processorStartMs = now();
  const expected = await runInSlices(traceRays(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const painted = await tracer.run(task, EXCLUSIVE_SLOT);
  if (!isAlike(painted.attachments[0], expected.attachments[0])) return null;
  const startMs = now();
  await tracer.run(task, EXCLUSIVE_SLOT);
  const tookMs = Math.max(now() - startMs, COMPUTE.leastProbeMs);
  if (tookMs >= processorMs && !insists) return null;
  return {
    backend: 'wgsl',
    unitsPerMs: raytracing.cost(task.params) / tookMs,
    suits: () => true,
    // Sound: the engine gives it tasks of this type, whose params their schema checked.
    run: (asked, slot) => tracer.run(asked as PackedTask<RaytracingParams>, slot),
  };
}

function isAlike(painted: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  if (!painted || !expected || painted.length !== expected.length) return false;
  let differing = 0;
  for (const [i, value] of expected.entries()) {
    if (Math.abs(value - (painted[i] ?? 0)) > RAYTRACING.tolerance8bit) differing++;
  }
  return differing <= COMPUTE.rayProbeExceptions * expected.length;
}

/** Everything a scene can have: some tens of milliseconds on a processor. */
function raytracingProbe(): PackedTask<RaytracingParams> {
  const steps = Array.from({ length: 24 }, (_, i) => (i / 24) * 2 * Math.PI);
  const positions = steps.flatMap((angle) => [
    1.9 * Math.cos(angle),
    1.4 * Math.sin(angle),
    -1.5 + 0.4 * Math.sin(3 * angle),
  ]);
  const indices = steps.slice(2).flatMap((_, i) => [0, i + 1, i + 2]);
  return raytracing.pack({
    camera: { position: [0.3, 1, 5], target: [0, 0, 0], fovDeg: 45 },
    objects: [
      { type: 'sphere', center: [-0.7, 0, 0.4], radius: 0.7, material: { color: [0.9, 0.2, 0.1], reflectivity: 0.3 } },
      { type: 'sphere', center: [0.9, 0.1, 0], radius: 0.6, material: { color: [0.2, 0.7, 0.9], reflectivity: 0.6 } },
      {
        type: 'plane',
        point: [0, -0.8, 0],
        normal: [0, 1, 0],
        material: { color: [0.5, 0.5, 0.4], reflectivity: 0.1 },
      },
      {
        type: 'mesh',
        positions: Float32Array.from(positions),
        indices: Uint32Array.from(indices),
        material: { color: [0.3, 0.8, 0.3] },
      },
    ],
    lights: [
      { position: [3, 5, 4], color: [0.7, 0.7, 0.6] },
      { position: [-4, 3, 2], color: [0.2, 0.2, 0.3] },
    ],
    background: [0.1, 0.2, 0.4],
    ...{ width: COMPUTE.rayProbeSide, height: COMPUTE.rayProbeSide, samplesPerPixel: 4, seed: 1 },
  });
}

const AGENTS = 64;

/**
 * The path finder with its speed at flow fields, where its paths are legal and cost what the reference's do; null where they are not,
 * and where the reference is faster unless `insists`. The first run pays for compiling.
 */
export async function benchmarkPathfinding(
  finder: WgslPathFinder,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = pathfindingProbe(insists ? COMPUTE.insistedPathProbeSide : COMPUTE.pathProbeSide);
  const processorStartMs = now();
  const expected = await runInSlices(findPaths(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const found = await finder.run(task, EXCLUSIVE_SLOT);
  const { paths } = pathfinding.unpackResult(task, found);
  const due = pathfinding.unpackResult(task, expected);
  if (paths.some((path, i) => path?.cost !== due.paths[i]?.cost)) return null;
  finish(pathfinding.verify(task, { paths }, () => 0.5) as Steps<void>);
  const startMs = now();
  await finder.run(task, EXCLUSIVE_SLOT);
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
    run: (asked, slot) => finder.run(typed(asked), slot),
  };
}

/** Walls, and ways of many costs, for agents from everywhere. */
function pathfindingProbe(side: number): PackedTask<PathfindingParams> {
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

/**
 * The simulator with its speed, where each part of what it simulates passes the check that a gamer makes; null where one does not, and
 * where the reference is faster unless `insists`. The first run pays for compiling.
 */
export async function benchmarkPhysics(
  simulator: WgslSimulator,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = insists
    ? physicsProbe(COMPUTE.insistedBodyProbe.bodies, COMPUTE.insistedBodyProbe.steps)
    : physicsProbe(COMPUTE.bodyProbe.bodies, COMPUTE.bodyProbe.steps);
  const processorStartMs = now();
  await runInSlices(simulateBodies(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const simulated = await simulator.run(task, EXCLUSIVE_SLOT);
  if (!simulated) return null;
  const result = physics.unpackResult(task, simulated);
  for (let part = 0; part < PHYSICS.segments; part++) {
    finish(physics.verify(task, result, () => (part + 0.5) / PHYSICS.segments) as Steps<void>);
  }
  const startMs = now();
  await simulator.run(task, EXCLUSIVE_SLOT);
  const tookMs = Math.max(now() - startMs, COMPUTE.leastProbeMs);
  if (tookMs >= processorMs && !insists) return null;
  // Its time for fewer bodies or fewer steps is this at most; the processor's is this from such a part of the probe on.
  const part = insists ? 0 : tookMs / processorMs;
  // Sound: the engine gives it tasks of this type, whose params their schema checked.
  const typed = (asked: PackedTask) => asked as PackedTask<PhysicsParams>;
  return {
    backend: 'wgsl',
    unitsPerMs: physics.cost(task.params) / tookMs,
    suits(asked) {
      const { params } = typed(asked);
      const isLong = physics.cost(params) >= part * physics.cost(task.params);
      return isLong && params.bodies >= part * task.params.bodies;
    },
    run: (asked, slot) => simulator.run(typed(asked), slot),
  };
}

/** A ball of bodies of different sizes that fall together and bounce. */
function physicsProbe(count: number, steps: number): PackedTask<PhysicsParams> {
  const width = 1.2 * Math.cbrt(count);
  const scattered = (i: number) =>
    (Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i >>> 3), 0x85ebca6b) >>> 8) / 2 ** 24 - 0.5;
  const bodies = Array.from({ length: count }, (_, i): PhysicsBody => {
    const [x, y, z, size] = [scattered(4 * i), scattered(4 * i + 1), scattered(4 * i + 2), scattered(4 * i + 3)];
    const radius = 0.3 + 0.2 * size;
    return {
      position: [x * width, y * width, z * width],
      velocity: [-4 * x, -4 * y, -4 * z],
      ...{ radius, mass: radius ** 3 },
    };
  });
  return physics.pack({ bodies, gravity: [0, -9.81, 0], timestepS: 0.01, steps, restitution: 0.8 });
}
