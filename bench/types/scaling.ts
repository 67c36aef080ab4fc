import { definitionOf, type PackedResult, type PackedTask } from '../../shared/tasks/catalogue.ts';
import { solvedBytes } from '../../shared/tasks/pathfinding/test-grids.ts';
import type { PathfindingParams } from '../../shared/tasks/pathfinding.ts';
import { busyScene, paintedBytes } from '../../shared/tasks/raytracing/test-scenes.ts';
import type { RaytracingParams } from '../../shared/tasks/raytracing.ts';
import { prepareTaskKeys } from '../../web/dispatch/result-cache.ts';
import { Simulation } from '../../web/dispatch/test-simulation.ts';
import { gathering } from './works.ts';

/** The time of a volunteer of speed 1 for the whole task. */
const WHOLE_MS = 1_000;

/** Tasks that are split. The results are real; only the time for them is simulated. */
const SPLIT: Record<string, { input: unknown; answer(task: PackedTask): PackedResult }> = {
  raytracing: {
    input: busyScene({ width: 192, height: 128, samplesPerPixel: 1 }),
    answer: (task) => paintedBytes(task as PackedTask<RaytracingParams>),
  },
  pathfinding: {
    input: gathering(96, 64, 64),
    answer: (task) => solvedBytes(task as PackedTask<PathfindingParams>),
  },
};
export const SPLIT_TYPES = Object.keys(SPLIT);

export interface Scaled {
  tookMs: number;
  /** The time if every volunteer is busy from start to end. */
  idealMs: number;
  /** The busiest volunteer's work / its work if all had work in proportion to their speeds. */
  busiest: number;
}

/** Runs one task over volunteers of these speeds in a LAN, under a virtual clock. */
export async function scaled(type: string, speeds: readonly number[]): Promise<Scaled> {
  await prepareTaskKeys();
  const split = SPLIT[type];
  if (!split) throw new Error(`There is no task of type ${type} to split.`);
  const definition = definitionOf(type);
  const wholeUnitsPerMs = definition.cost(definition.pack(split.input).params) / WHOLE_MS;
  const simulation = new Simulation();
  try {
    const volunteers = speeds.map((speed) =>
      simulation.addVolunteer({
        serviceMs: () => 1,
        runs: { type, unitsPerMs: wholeUnitsPerMs * speed, answer: split.answer },
      }),
    );
    // Links are measured before there is work.
    await simulation.pass(100);
    const startMs = simulation.clock.now();
    const options = { where: 'volunteers', cache: false } as const;
    const { result } = simulation.registry.submit(
      type,
      () => split.input,
      options,
      () => ({}),
    );
    await simulation.until(result);
    const idealMs = WHOLE_MS / speeds.reduce((sum, speed) => sum + speed, 0);
    const busiest = Math.max(...volunteers.map(({ machine }) => machine.busyMs)) / idealMs;
    return { tookMs: simulation.clock.now() - startMs, idealMs, busiest };
  } finally {
    simulation.dispose();
  }
}
