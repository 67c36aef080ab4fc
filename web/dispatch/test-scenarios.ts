import type { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
import { Simulation, type VolunteerOptions } from './test-simulation.ts';

// Scenarios under a virtual clock.

/** A pseudo-random number in 0..1, always the same for the same argument. */
export function noise(nth: number): number {
  const wave = Math.sin(nth * 12.9898) * 43_758.5453;
  return wave - Math.floor(wave);
}

/** Time until `count` tasks, submitted at once, are done by volunteers with these service times, ms. */
export async function makespanMs(serviceMs: readonly number[], count: number): Promise<number> {
  const simulation = new Simulation();
  try {
    for (const ms of serviceMs) simulation.addVolunteer({ serviceMs: () => ms });
    // Links are measured before there is work.
    await simulation.pass(100);
    const startMs = simulation.clock.now();
    const tasks = Array.from({ length: count }, () => simulation.submit(64, { where: 'volunteers' }));
    await simulation.until(Promise.all(tasks.map(({ result }) => result)));
    return simulation.clock.now() - startMs;
  } finally {
    simulation.dispose();
  }
}

/** The same if each volunteer gets an equal number of tasks. */
export async function roundRobinMs(serviceMs: readonly number[], count: number): Promise<number> {
  const each = Math.ceil(count / serviceMs.length);
  const makespans: number[] = [];
  for (const ms of serviceMs) makespans.push(await makespanMs([ms], each));
  return Math.max(...makespans);
}

/** The same if every volunteer is busy all the time. */
export function idealMs(serviceMs: readonly number[], count: number): number {
  return count / serviceMs.reduce((perMs, ms) => perMs + 1 / ms, 0);
}

export interface LatencyScenario {
  localMs: number;
  volunteerMs: number;
  where: Where;
  /** Time between two tasks. */
  gapMs: number;
}

/** 95th percentile of the latency of 400 tasks after a warm-up of 20; service times vary by 10 %. */
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
  /** Delivered tasks. */
  results: number;
  /** Runs in excess of one for each task. */
  duplicates: number;
}

/** 600 tasks, one at a time, on this many volunteers. One run in thirty takes twenty times as long as the others. */
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

/** How many of 100 tasks of 40 ms, one at a time, are delivered within this timeout. */
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
          // A timeout is what this scenario counts.
          (_: MeshError) => {},
        ),
      );
    }
    return delivered;
  } finally {
    simulation.dispose();
  }
}

/** Timers that fire during an hour in which this many tasks wait for a volunteer that takes none. */
export async function wakeUpsWhileWaiting(tasks: number): Promise<number> {
  const simulation = new Simulation();
  try {
    simulation.addVolunteer({ serviceMs: () => 10, share: 0 });
    await simulation.pass(1_000);
    for (let nth = 0; nth < tasks; nth++) simulation.submit(64, { where: 'volunteers' });
    await simulation.pass(1_000);
    const before = simulation.clock.fired;
    await simulation.pass(3_600_000);
    // The last one ends the hour.
    return simulation.clock.fired - before - 1;
  } finally {
    simulation.dispose();
  }
}
