import { withinTime } from '../../shared/clock.ts';
import { finish, type PackedResult, type PackedTask, type Steps } from '../../shared/tasks/definition.ts';
import { attachmentAt } from '../../shared/tasks/packing.ts';
import { readQueries } from '../../shared/tasks/pathfinding/queries.ts';
import { type PathfindingParams, pathfinding } from '../../shared/tasks/pathfinding.ts';
import { PHYSICS } from '../../shared/tasks/physics/bodies.ts';
import { type PhysicsBody, type PhysicsParams, physics } from '../../shared/tasks/physics.ts';
import { PICTURE_CHECK } from '../../shared/tasks/raytracing/verify.ts';
import { type RaytracingParams, raytracing } from '../../shared/tasks/raytracing.ts';
import type { BackendName, TaskExecutor } from './backend.ts';
import { type Checkpoint, EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { findPaths, simulateBodies, traceRays } from './js-backend.ts';
import { type ExecutorSpeed, MIN_MEASURED_MS } from './measured-speeds.ts';
import { nextMacrotask, runInSlices, type TimeSlot } from './schedule.ts';
import type { OpenedDevice } from './wgsl/gpu-device.ts';
import { fieldGroups, WgslPathFinder } from './wgsl/path-finder.ts';
import { WgslRayTracer } from './wgsl/ray-tracer.ts';
import { WgslSimulator } from './wgsl/simulator.ts';

/** Time, ms, for finding out which task types a GPU runs faster than the processor. With the filters' time it fits the start-up budget. */
const EXECUTOR_BUDGET_MS = 1_200;

/** Side, pixels, of the ray-traced benchmark picture: some 50 ms on a processor. */
const PICTURE_SIDE = 64;
/** Share of the picture's channels that may differ by more than the tolerance: in single precision an edge may fall on either side of a pixel. */
const MAX_DIFFERING_SHARE = 0.01;

/** Side, cells, of the benchmark grid: some 60 ms on a processor. The small one checks the paths and does not compare the speed. */
const GRID_SIDE = 512;
const SMALL_GRID_SIDE = 32;
const AGENTS = 64;

/** The benchmark simulation: some 80 ms on a processor. The small one checks the bodies and does not compare the speed. */
const SIMULATION = { bodies: 1_024, steps: 64 };
const SMALL_SIMULATION = { bodies: 64, steps: 16 };

/** A task type on the GPU, with a task that shows whether it is computed right and how fast. */
interface ExecutorBenchmark<Params> {
  task: PackedTask<Params>;
  cost(params: Params): number;
  /** Cells of the grid or bodies; 0 where only the cost matters. */
  size(params: Params): number;
  runReference(task: PackedTask<Params>): Steps<PackedResult>;
  run(task: PackedTask<Params>, slot: TimeSlot): Promise<PackedResult | null>;
  /** May throw instead of returning false. */
  isCorrect(result: PackedResult, expected: PackedResult): boolean;
  isWorthwhile(task: PackedTask<Params>, speed: ExecutorSpeed): boolean;
}

export interface ExecutorSelection {
  preferBackend: BackendName | undefined;
  /** Speeds measured earlier on the same adapter: nothing is timed, and each type is checked before its first task. */
  known: Readonly<Record<string, ExecutorSpeed>> | undefined;
  now(): number;
  /** Called before each type. What it waits for does not count. */
  checkpoint?: Checkpoint | undefined;
}

/** A task executor and what it was measured at. */
export interface MeasuredExecutor {
  executor: TaskExecutor;
  speed: ExecutorSpeed;
}

/**
 * Selects the task types that a GPU computes right and faster than the processor: all of them, if right, where `wgsl` is preferred.
 * Measures them one after another within {@link EXECUTOR_BUDGET_MS}. A software GPU is the same processor and is not tried unless
 * preferred.
 */
export async function selectGpuExecutors(
  { device, isSoftware }: OpenedDevice,
  { preferBackend, known, now, checkpoint }: ExecutorSelection,
): Promise<ReadonlyMap<string, MeasuredExecutor>> {
  const isPreferred = preferBackend === 'wgsl';
  const selected = new Map<string, MeasuredExecutor>();
  if (!isPreferred && (isSoftware || preferBackend)) return selected;
  const isSmall = isPreferred || known !== undefined;
  let spentMs = 0;
  const select = async <Params>(type: string, benchmark: ExecutorBenchmark<Params>) => {
    if (known) {
      const speed = known[type];
      if (speed) selected.set(type, { executor: checkedExecutor(benchmark, speed, now), speed });
      return;
    }
    await checkpoint?.();
    const startMs = now();
    // A GPU that does not run tasks may still sharpen pictures.
    const measuring = measure(benchmark, now, isPreferred).catch(() => null);
    const speed = await (isPreferred ? measuring : withinTime(measuring, EXECUTOR_BUDGET_MS - spentMs));
    spentMs += now() - startMs;
    if (speed) selected.set(type, { executor: executorOf(benchmark, speed), speed });
  };
  await select('raytracing', raytracingBenchmark(new WgslRayTracer(device, now)));
  await select('pathfinding', pathfindingBenchmark(new WgslPathFinder(device, now), isSmall));
  await select('physics', physicsBenchmark(new WgslSimulator(device, now), isSmall));
  return selected;
}

/** Null where the GPU computes it wrong, or slower than the processor unless it is preferred. Throws MeshError when the GPU fails. */
async function measure<Params>(
  benchmark: ExecutorBenchmark<Params>,
  now: () => number,
  isPreferred: boolean,
): Promise<ExecutorSpeed | null> {
  const { task } = benchmark;
  const processorStartMs = now();
  const expected = await runInSlices(benchmark.runReference(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  // The first run pays for compiling.
  const result = await benchmark.run(task, EXCLUSIVE_SLOT);
  if (!result || !benchmark.isCorrect(result, expected)) return null;
  const startMs = now();
  await benchmark.run(task, EXCLUSIVE_SLOT);
  const tookMs = Math.max(now() - startMs, MIN_MEASURED_MS);
  if (tookMs >= processorMs && !isPreferred) return null;
  // A smaller task takes the GPU no longer than the benchmark, and the processor as long as that from this share of the benchmark on.
  const share = isPreferred ? 0 : tookMs / processorMs;
  const cost = benchmark.cost(task.params);
  return { unitsPerMs: cost / tookMs, minCost: share * cost, minSize: share * benchmark.size(task.params) };
}

function executorOf<Params>(benchmark: ExecutorBenchmark<Params>, speed: ExecutorSpeed): TaskExecutor {
  // Sound: the engine passes tasks of this type, whose params their schema checked.
  const typed = (task: PackedTask) => task as PackedTask<Params>;
  return {
    backend: 'wgsl',
    unitsPerMs: speed.unitsPerMs,
    suits: (task) => benchmark.isWorthwhile(typed(task), speed),
    run: (task, slot) => benchmark.run(typed(task), slot),
  };
}

/** An executor whose answers are checked before its first task. Where they are wrong, every task goes to the reference. */
function checkedExecutor<Params>(
  benchmark: ExecutorBenchmark<Params>,
  speed: ExecutorSpeed,
  now: () => number,
): TaskExecutor {
  const executor = executorOf(benchmark, speed);
  const check = async () => {
    const result = await benchmark.run(benchmark.task, EXCLUSIVE_SLOT);
    const expected = await runInSlices(benchmark.runReference(benchmark.task), now, nextMacrotask);
    return result !== null && benchmark.isCorrect(result, expected);
  };
  let checking: Promise<boolean> | null = null;
  return {
    ...executor,
    async run(task, slot) {
      checking ??= check().catch(() => false);
      return (await checking) ? executor.run(task, slot) : null;
    },
  };
}

/** A scene with every kind of object. */
function raytracingBenchmark(tracer: WgslRayTracer): ExecutorBenchmark<RaytracingParams> {
  const angles = Array.from({ length: 24 }, (_, i) => (i / 24) * 2 * Math.PI);
  const positions = angles.flatMap((angle) => [
    1.9 * Math.cos(angle),
    1.4 * Math.sin(angle),
    -1.5 + 0.4 * Math.sin(3 * angle),
  ]);
  const indices = angles.slice(2).flatMap((_, i) => [0, i + 1, i + 2]);
  const task = raytracing.pack({
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
    width: PICTURE_SIDE,
    height: PICTURE_SIDE,
    samplesPerPixel: 4,
    seed: 1,
  });
  return {
    task,
    cost: raytracing.cost,
    size: () => 0,
    runReference: traceRays,
    run: (asked, slot) => tracer.run(asked, slot),
    isCorrect({ attachments: [painted] }, { attachments: [expected] }) {
      if (!painted || !expected || painted.length !== expected.length) return false;
      const differing = expected.filter(
        (value, i) => Math.abs(value - (painted[i] ?? 0)) > PICTURE_CHECK.tolerance8bit,
      );
      return differing.length <= MAX_DIFFERING_SHARE * expected.length;
    },
    isWorthwhile: () => true,
  };
}

/** A grid with walls and cells of many costs, and agents from everywhere that head for one goal. */
function pathfindingBenchmark(finder: WgslPathFinder, isSmall: boolean): ExecutorBenchmark<PathfindingParams> {
  const side = isSmall ? SMALL_GRID_SIDE : GRID_SIDE;
  const hash = (i: number) => scramble(i) >>> 16;
  const cost = Uint8Array.from({ length: side * side }, (_, i) => (hash(i) % 5 === 0 ? 0 : 1 + (hash(i) % 97)));
  const goal: [number, number] = [side >> 2, side >> 3];
  const queries = Array.from({ length: AGENTS }, (_, i) => ({
    start: [hash(2 * i) % side, hash(2 * i + 1) % side] as [number, number],
    goal,
  }));
  cost[goal[1] * side + goal[0]] = 1;
  const task = pathfinding.pack({ grid: { width: side, height: side, cost }, neighbours: 8, queries });
  return {
    task,
    cost: pathfinding.cost,
    runReference: findPaths,
    size: ({ width, height }) => width * height,
    run: (asked, slot) => finder.run(asked, slot),
    isCorrect(found, expected) {
      const { paths } = pathfinding.unpackResult(task, found);
      const references = pathfinding.unpackResult(task, expected).paths;
      if (paths.some((path, i) => path?.cost !== references[i]?.cost)) return false;
      finish(pathfinding.verify(task, { paths }, () => 0.5) as Steps<void>);
      return true;
    },
    isWorthwhile({ params: { width, height }, attachments }, { minSize }) {
      return width * height >= minSize && fieldGroups(readQueries(attachmentAt(attachments, 1))).length > 0;
    },
  };
}

/** A ball of bodies of different sizes that fall together and bounce. */
function physicsBenchmark(simulator: WgslSimulator, isSmall: boolean): ExecutorBenchmark<PhysicsParams> {
  const { bodies: count, steps } = isSmall ? SMALL_SIMULATION : SIMULATION;
  const width = 1.2 * Math.cbrt(count);
  const offset = (i: number) => (scramble(i) >>> 8) / 2 ** 24 - 0.5;
  const bodies = Array.from({ length: count }, (_, i): PhysicsBody => {
    const [x, y, z, size] = [offset(4 * i), offset(4 * i + 1), offset(4 * i + 2), offset(4 * i + 3)];
    const radius = 0.3 + 0.2 * size;
    return {
      position: [x * width, y * width, z * width],
      velocity: [-4 * x, -4 * y, -4 * z],
      radius,
      mass: radius ** 3,
    };
  });
  const task = physics.pack({ bodies, gravity: [0, -9.81, 0], timestepS: 0.01, steps, restitution: 0.8 });
  return {
    task,
    cost: physics.cost,
    size: (params) => params.bodies,
    runReference: simulateBodies,
    run: (asked, slot) => simulator.run(asked, slot),
    // Single precision leads the bodies elsewhere than the reference: each segment must pass the check that a gamer makes.
    isCorrect(simulated) {
      const result = physics.unpackResult(task, simulated);
      for (let segment = 0; segment < PHYSICS.segments; segment++) {
        finish(physics.verify(task, result, () => (segment + 0.5) / PHYSICS.segments) as Steps<void>);
      }
      return true;
    },
    isWorthwhile: ({ params }, { minCost, minSize }) => physics.cost(params) >= minCost && params.bodies >= minSize,
  };
}

/** A fixed pseudo-random sequence, 32 bits each: multiplications by the golden ratio and by a constant of MurmurHash3. */
function scramble(i: number): number {
  return Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i >>> 3), 0x85ebca6b);
}
