import type { Where } from '../../shared/where.ts';
import { Simulation, type VolunteerOptions } from './test-simulation.ts';

/** What tests hold and `npm run bench` reports, under a virtual clock. */

/** 0..1, the same each time. */
export function noise(nth: number): number {
  const wave = Math.sin(nth * 12.9898) * 43_758.5453;
  return wave - Math.floor(wave);
}

/** Runs so many tasks, submitted at once, on volunteers with fixed service times; returns how long they took together, ms. */
export async function makespanMs(serviceMs: readonly number[], count: number): Promise<number> {
  const simulation = new Simulation();
  try {
    for (const ms of serviceMs) simulation.addVolunteer({ serviceMs: () => ms });
    // Links are measured by the time there is work.
    await simulation.pass(100);
    const startMs = simulation.clock.now();
    const tasks = Array.from({ length: count }, () => simulation.submit(64, { where: 'volunteers' }));
    await simulation.until(Promise.all(tasks.map(({ result }) => result)));
    return simulation.clock.now() - startMs;
  } finally {
    simulation.dispose();
  }
}

/** The same with each volunteer given the same number in turn: as they do not meet, each is a pool of one. */
export async function roundRobinMs(serviceMs: readonly number[], count: number): Promise<number> {
  const each = Math.ceil(count / serviceMs.length);
  const makespans: number[] = [];
  for (const ms of serviceMs) makespans.push(await makespanMs([ms], each));
  return Math.max(...makespans);
}

/** With every volunteer busy from the first moment to the last. */
export function idealMs(serviceMs: readonly number[], count: number): number {
  return count / serviceMs.reduce((perMs, ms) => perMs + 1 / ms, 0);
}

export interface LatencyScenario {
  localMs: number;
  volunteerMs: number;
  where: Where;
  /** Between tasks. */
  gapMs: number;
}

/** p95 of the latency of 400 tasks after 20 to warm up; service times scatter by 10 %. */
export async function latencyP95Ms({ localMs, volunteerMs, where, gapMs }: LatencyScenario): Promise<number> {
  const [warmUps, count] = [20, 400];
  const simulation = new Simulation(scattered(localMs, 0));
  try {
    simulation.addVolunteer({ serviceMs: scattered(volunteerMs, 1_000) });
    const tasks = [];
    for (let nth = 0; nth < warmUps + count; nth++) {
      tasks.push(simulation.submit(64, { where }));
      await simulation.pass(gapMs);
    }
    const results = await simulation.until(Promise.all(tasks.slice(warmUps).map(({ result }) => result)));
    const totalsMs = results.map(({ timing }) => timing.totalMs).sort((a, b) => a - b);
    return totalsMs[Math.floor(0.95 * count)] ?? 0;
  } finally {
    simulation.dispose();
  }
}

function scattered(meanMs: number, seed: number): VolunteerOptions['serviceMs'] {
  return (_, nth) => meanMs * (0.9 + 0.2 * noise(seed + nth));
}
