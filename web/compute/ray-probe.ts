import type { PackedTask } from '../../shared/tasks/definition.ts';
import { PICTURE_CHECK } from '../../shared/tasks/raytracing/verify.ts';
import { type RaytracingParams, raytracing } from '../../shared/tasks/raytracing.ts';
import { inSlices } from './in-slices.ts';
import { traceRays } from './js/trace-rays.ts';
import { nextMacrotask } from './macrotask.ts';
import { PROBE_TURN } from './probe.ts';
import type { TaskExecutor } from './task-executor.ts';
import { COMPUTE } from './tuning.ts';
import type { WgslRayTracer } from './wgsl/ray-tracer.ts';

/**
 * The tracer with its speed, where it paints what the reference paints; null where it does not, and where the reference is faster
 * unless `insists`. The first run pays for compiling.
 */
export async function measureRays(
  tracer: WgslRayTracer,
  now: () => number,
  insists: boolean,
): Promise<TaskExecutor | null> {
  const task = probeTask();
  const processorStartMs = now();
  const expected = await inSlices(traceRays(task), now, nextMacrotask);
  const processorMs = now() - processorStartMs;
  const painted = await tracer.run(task, PROBE_TURN);
  if (!isAlike(painted.attachments[0], expected.attachments[0])) return null;
  const startMs = now();
  await tracer.run(task, PROBE_TURN);
  const tookMs = Math.max(now() - startMs, COMPUTE.leastProbeMs);
  if (tookMs >= processorMs && !insists) return null;
  return {
    backend: 'wgsl',
    unitsPerMs: raytracing.cost(task.params) / tookMs,
    suits: () => true,
    // Sound: the engine gives it tasks of this type, whose params their schema checked.
    run: (asked, turn) => tracer.run(asked as PackedTask<RaytracingParams>, turn),
  };
}

function isAlike(painted: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  if (!painted || !expected || painted.length !== expected.length) return false;
  let differing = 0;
  for (const [i, value] of expected.entries()) {
    if (Math.abs(value - (painted[i] ?? 0)) > PICTURE_CHECK.tolerance8bit) differing++;
  }
  return differing <= COMPUTE.rayProbeExceptions * expected.length;
}

/** Everything a scene can have: some tens of milliseconds on a processor. */
function probeTask(): PackedTask<RaytracingParams> {
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
