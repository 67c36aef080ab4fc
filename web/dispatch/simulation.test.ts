import { describe, expect, test } from 'vitest';
import { HEDGING } from './hedging.ts';
import {
  deliveredWithin,
  idealMs,
  latencyP95Ms,
  makespanMs,
  noise,
  roundRobinMs,
  stragglers,
  wakeUpsWhileWaiting,
} from './test-scenarios.ts';
import { Simulation } from './test-simulation.ts';

// Under a virtual clock, so that the figures are the same on every machine.

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

describe('a pool', () => {
  test('of equal volunteers is kept busy', async () => {
    const pool = times(16, 10);
    expect(idealMs(pool, 16 * 50) / (await makespanMs(pool, 16 * 50))).toBeGreaterThan(0.95);
  });

  test('of fast and slow volunteers is not held up by the slow ones', async () => {
    const pool = [...times(4, 10), ...times(12, 80)];
    const count = 16 * 50;
    const tookMs = await makespanMs(pool, count);
    expect((await roundRobinMs(pool, count)) / tookMs).toBeGreaterThan(2);
    expect(idealMs(pool, count) / tookMs).toBeGreaterThan(0.9);
  });
});

describe("'auto' is never worse than the better of 'local' and 'volunteers'", () => {
  for (const [localMs, volunteerMs] of [
    [20, 5],
    [5, 20],
    [10, 8],
    [10, 10],
  ] as const) {
    // With time to spare, and when one machine alone has little of it.
    test.each([30, 12])(`local ${localMs} ms, volunteer ${volunteerMs} ms, a task each %i ms`, async (gapMs) => {
      const scenario = { localMs, volunteerMs, gapMs };
      const local = await latencyP95Ms({ ...scenario, where: 'local' });
      const volunteers = await latencyP95Ms({ ...scenario, where: 'volunteers' });
      expect(await latencyP95Ms({ ...scenario, where: 'auto' })).toBeLessThanOrEqual(1.1 * Math.min(local, volunteers));
    });
  }

  test('it uses both when one is not enough', async () => {
    // Either alone would fall behind for ever.
    const scenario = { localMs: 20, volunteerMs: 20, gapMs: 12 };
    const auto = await latencyP95Ms({ ...scenario, where: 'auto' });
    expect(auto).toBeLessThan(60);
    expect(await latencyP95Ms({ ...scenario, where: 'volunteers' })).toBeGreaterThan(1_000);
  });

  test('it notices that a slow volunteer has become fast', async () => {
    const simulation = new Simulation(() => 20);
    let volunteerMs = 60;
    simulation.addVolunteer({ serviceMs: () => volunteerMs });
    const run = async (count: number) => {
      for (let nth = 0; nth < count; nth++) {
        simulation.submit(64);
        await simulation.pass(70);
      }
      return { ...simulation.dispatcher.counts };
    };
    const before = await run(100);
    expect(before.ranOnVolunteers).toBeLessThan(10);
    volunteerMs = 5;
    await run(200);
    const after = await run(100);
    expect(after.ranOnVolunteers).toBeGreaterThan(200);
    simulation.dispose();
  });
});

test('learned predictions are right within a quarter, for small and large tasks that share a link', async () => {
  const simulation = new Simulation();
  const serviceMs = (sizeBytes: number) => 3 + sizeBytes / 2_000;
  const { runner } = simulation.addVolunteer({ serviceMs, latencyMs: 8, bytesPerMs: 10_000 });
  const errors: number[] = [];
  const start = runner.start.bind(runner);
  runner.start = (job, onOutcome) => {
    const [predictedMs, startedMs] = [runner.predictMs(job), simulation.clock.now()];
    start(job, (outcome) => {
      const tookMs = simulation.clock.now() - startedMs;
      errors.push(Math.abs(predictedMs - tookMs) / tookMs);
      onOutcome(outcome);
    });
  };
  for (let nth = 0; nth < 120; nth++) {
    const tasks = Array.from({ length: 1 + (nth % 4) }, (_, other) =>
      simulation.submit(1_000 + Math.floor(100_000 * noise(10 * nth + other)), { where: 'volunteers' }),
    );
    await simulation.until(Promise.all(tasks.map(({ result }) => result)));
  }
  const learned = errors.slice(errors.length / 2).sort((a, b) => a - b);
  expect(learned[Math.floor(learned.length / 2)]).toBeLessThan(0.25);
  simulation.dispose();
});

test('hedges overtake stragglers, and at most one task in twenty runs twice', async () => {
  const [alone, hedged] = [await stragglers(1), await stragglers(4)];
  expect(alone.p99Ms).toBeGreaterThan(200);
  expect(hedged.p99Ms).toBeLessThan(60);
  expect(hedged.results).toBe(600);
  expect(hedged.duplicates).toBeLessThanOrEqual(600 / HEDGING.tasksPerDuplicate + HEDGING.duplicateBurst);
});

test('a first deadline suits slow tasks: one of 16 ms for everything would lose tasks of 40 ms', async () => {
  expect(await deliveredWithin(undefined)).toBe(100);
  expect(await deliveredWithin(16)).toBe(0);
});

test('a thousand tasks that wait an hour for a volunteer wake nobody up', async () => {
  expect(await wakeUpsWhileWaiting(1_000)).toBe(0);
});

test('when a volunteer is killed at work, every task is still delivered exactly once', async () => {
  const simulation = new Simulation();
  for (let index = 0; index < 4; index++) simulation.addVolunteer({ serviceMs: () => 5 });
  const delivered = new Map<string, number>();
  const tasks = Array.from({ length: 1_000 }, () => simulation.submit(64, { where: 'volunteers' }));
  for (const { id, result } of tasks) result.then(() => delivered.set(id, (delivered.get(id) ?? 0) + 1));
  await simulation.pass(200);
  const [victim] = simulation.volunteers;
  victim?.kill();
  await simulation.pass(100);
  // What the heartbeat would detect.
  if (victim) {
    victim.runner.isSilent = true;
    simulation.dispatcher.suspect(victim.runner);
  }
  await simulation.until(Promise.all(tasks.map(({ result }) => result)));
  expect([...delivered.values()]).toEqual(Array.from({ length: 1_000 }, () => 1));
  const delaysMs = simulation.redispatches.filter(({ cause }) => cause === 'silent').map(({ delayMs }) => delayMs);
  expect(delaysMs.length).toBeGreaterThan(0);
  expect(Math.max(...delaysMs)).toBeLessThan(50);
  simulation.dispose();
});
