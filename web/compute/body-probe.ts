import { finish, type PackedTask, type Steps } from '../../shared/tasks/definition.ts';
import { PHYSICS } from '../../shared/tasks/physics/bodies.ts';
import { type PhysicsBody, type PhysicsParams, physics } from '../../shared/tasks/physics.ts';
import { inSlices } from './in-slices.ts';
import { simulateBodies } from './js/simulate-bodies.ts';
import { nextMacrotask } from './macrotask.ts';
import { PROBE_TURN } from './probe.ts';
import type { TaskExecutor } from './task-executor.ts';
import { COMPUTE } from './tuning.ts';
import type { WgslSimulator } from './wgsl/simulator.ts';

/**
 * The simulator with its speed, where each part of what it simulates passes the check that a gamer makes; null where one does not, and
 * where the reference is faster unless `insists`. The first run pays for compiling.
 */
export async function measureBodies(
  simulator: WgslSimulator,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = insists
    ? probeTask(COMPUTE.insistedBodyProbe.bodies, COMPUTE.insistedBodyProbe.steps)
    : probeTask(COMPUTE.bodyProbe.bodies, COMPUTE.bodyProbe.steps);
  const processorStartMs = now();
  await inSlices(simulateBodies(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const simulated = await simulator.run(task, PROBE_TURN);
  if (!simulated) return null;
  const result = physics.unpackResult(task, simulated);
  for (let part = 0; part < PHYSICS.segments; part++) {
    finish(physics.verify(task, result, () => (part + 0.5) / PHYSICS.segments) as Steps<void>);
  }
  const startMs = now();
  await simulator.run(task, PROBE_TURN);
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
    run: (asked, turn) => simulator.run(typed(asked), turn),
  };
}

/** A ball of bodies of different sizes that fall together and bounce. */
function probeTask(count: number, steps: number): PackedTask<PhysicsParams> {
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
