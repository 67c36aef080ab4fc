import type { BackendName } from './backend.ts';
import { measureBodies } from './body-probe.ts';
import { measurePaths } from './path-probe.ts';
import { measureRays } from './ray-probe.ts';
import type { TaskExecutor } from './task-executor.ts';
import { COMPUTE } from './tuning.ts';
import type { OpenedDevice } from './wgsl/gpu-device.ts';
import { WgslPathFinder } from './wgsl/path-finder.ts';
import { WgslRayTracer } from './wgsl/ray-tracer.ts';
import { WgslSimulator } from './wgsl/simulator.ts';

/**
 * What a GPU runs as right as the reference and faster, by type: measured one after another within {@link COMPUTE.executorProbeMs}.
 * A software adapter is the same processor, and is not asked unless somebody insists.
 */
export async function executorsOn(
  { device, isSoftware }: OpenedDevice,
  preferred: BackendName | undefined,
  now: () => number,
): Promise<ReadonlyMap<string, TaskExecutor>> {
  const insists = preferred === 'wgsl';
  const executors = new Map<string, TaskExecutor>();
  if (!insists && (isSoftware || preferred)) return executors;
  const probes = {
    raytracing: () => measureRays(new WgslRayTracer(device, now), now, insists),
    pathfinding: () => measurePaths(new WgslPathFinder(device, now), now, insists),
    physics: () => measureBodies(new WgslSimulator(device, now), now, insists),
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
