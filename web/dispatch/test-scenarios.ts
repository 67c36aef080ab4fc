import type { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
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

export interface StragglerFigures {
  p99Ms: number;
  /** Tasks that were delivered. */
  results: number;
  /** Runs beyond one for each task. */
  duplicates: number;
}

/** 600 tasks, one at a time, of which each thirtieth takes twenty times as long as the others; with so many volunteers. */
export async function stragglers(volunteers: number): Promise<StragglerFigures> {
  const count = 600;
  const simulation = new Simulation();
  try {
    for (let index = 0; index < volunteers; index++) {
      const serviceMs = (_: number, nth: number) => (noise(1_000 * index + nth) < 1 / 30 ? 200 : 9 + 2 * noise(nth));
      simulation.addVolunteer({ serviceMs });
    }
    const totalsMs: number[] = [];
    for (let nth = 0; nth < count; nth++) {
      const task = simulation.submit(64, { where: 'volunteers' });
      void task.result.then(({ timing }) => totalsMs.push(timing.totalMs));
      await simulation.pass(250);
    }
    const done = simulation.volunteers.reduce((sum, { machine }) => sum + machine.done, 0);
    totalsMs.sort((a, b) => a - b);
    const p99Ms = totalsMs[Math.floor(0.99 * totalsMs.length)] ?? 0;
    return { p99Ms, results: totalsMs.length, duplicates: done - count };
  } finally {
    simulation.dispose();
  }
}

/** 100 tasks of 40 ms each, one at a time: how many are delivered when each may take so long. */
export async function deliveredWithin(timeoutMs: number | undefined): Promise<number> {
  const simulation = new Simulation();
  try {
    simulation.addVolunteer({ serviceMs: () => 40 });
    let delivered = 0;
    for (let nth = 0; nth < 100; nth++) {
      const { result } = simulation.submit(64, { where: 'volunteers', timeoutMs });
      await simulation.until(
        result.then(
          () => delivered++,
          // What has timed out is what is counted.
          (_: MeshError) => {},
        ),
      );
    }
    return delivered;
  } finally {
    simulation.dispose();
  }
}

/** Timers that fire in an hour in which so many tasks wait for a volunteer that takes none. */
export async function wakeUpsWhileWaiting(tasks: number): Promise<number> {
  const simulation = new Simulation();
  try {
    simulation.addVolunteer({ serviceMs: () => 10, share: 0 });
    await simulation.pass(1_000);
    for (let nth = 0; nth < tasks; nth++) simulation.submit(64, { where: 'volunteers' });
    await simulation.pass(1_000);
    const before = simulation.clock.fired;
    await simulation.pass(3_600_000);
    // The last one is our own.
    return simulation.clock.fired - before - 1;
  } finally {
    simulation.dispose();
  }
}
