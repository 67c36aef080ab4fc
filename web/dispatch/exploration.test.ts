import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPLORATION } from './exploration.ts';
import { HEDGING } from './hedging.ts';
import { TestBench, type TestVolunteer, ticksPass } from './test-bench.ts';

let bench: TestBench;
let chosen: TestVolunteer;
let other: TestVolunteer;

beforeEach(() => {
  bench = new TestBench();
  chosen = bench.volunteer('chosen');
  other = bench.volunteer('other');
  other.msPerTask = 20;
});

afterEach(() => bench.dispose());

/** Runs a task that `chosen` answers at once and `other` never. */
async function runOne() {
  const task = bench.submit({ where: 'volunteers' });
  await ticksPass(2);
  chosen.end(chosen.started.at(-1));
  return task.result;
}

test('an unmeasured volunteer is tried beside the chosen one and finishes the task, to be measured', async () => {
  other.measuredMs = null;
  await expect(runOne()).resolves.toMatchObject({ timing: { ranOn: 'chosen' } });
  expect(other.started).toEqual(chosen.started);
  expect([other.cancelled, other.held]).toEqual([[], 1]);
});

test('the result of an exploration counts if it arrives first', async () => {
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await ticksPass();
  other.end(other.started[0]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'other' } });
  expect(chosen.cancelled).toEqual(chosen.started);
  expect(bench.dispatcher.counts.placements.volunteers).toMatchObject({ exploration: 1, asked: 0 });
});

test('a volunteer with a stale measurement is explored once every `tasksPerExploration` tasks', async () => {
  other.measuredMs = bench.clock.now() - EXPLORATION.staleAfterMs;
  other.capacity = 1_000;
  for (let nth = 0; nth < 3 * EXPLORATION.tasksPerExploration; nth++) {
    await runOne();
    for (const job of other.started) other.end(job);
  }
  expect(other.started).toHaveLength(3);
});

test('a volunteer that was measured recently, is busy, silent or far too slow is not explored', async () => {
  other.measuredMs = bench.clock.now() - EXPLORATION.staleAfterMs + 1;
  await runOne();
  other.measuredMs = null;
  other.isSilent = true;
  await runOne();
  other.isSilent = false;
  other.capacity = 0;
  await runOne();
  other.capacity = 8;
  other.msPerTask = EXPLORATION.maxRatio * 100;
  await runOne();
  expect(other.started).toEqual([]);
});

test('a volunteer that gets such a task itself needs no duplicate', async () => {
  chosen.measuredMs = null;
  other.measuredMs = null;
  for (let nth = 0; nth < 6; nth++) bench.submit({ where: 'volunteers' }).result.catch(() => {});
  await ticksPass();
  expect(other.started.length).toBeGreaterThan(0);
  expect(new Set([...chosen.started, ...other.started]).size).toBe(chosen.started.length + other.started.length);
  expect(chosen.started.length + other.started.length).toBe(6);
});

test('each volunteer is explored once at a time, and some of the budget is left for hedging', async () => {
  other.measuredMs = null;
  const others = [
    bench.volunteer('third'),
    bench.volunteer('fourth'),
    bench.volunteer('fifth'),
    bench.volunteer('sixth'),
  ];
  for (const one of others) {
    one.measuredMs = null;
    one.msPerTask = 20;
  }
  for (let nth = 0; nth < 8; nth++) await runOne();
  const explored = [other, ...others].map(({ started }) => started.length);
  expect(Math.max(...explored)).toBe(1);
  expect(explored.reduce((sum, count) => sum + count, 0)).toBe(HEDGING.duplicateBurst - 1);
});

test('cancelling the task ends the exploration, and the volunteer may be explored again', async () => {
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await ticksPass();
  task.cancel();
  await ticksPass();
  expect(other.cancelled).toEqual(other.started);
  await runOne();
  expect(other.started).toHaveLength(2);
});

test('an exploration whose task is over gives way to real work', async () => {
  other.measuredMs = null;
  await runOne();
  const [explored] = other.started;
  chosen.capacity = 0;
  const task = bench.submit({ where: 'volunteers' });
  bench.dispatcher.remove(chosen);
  await ticksPass();
  expect(other.cancelled).toEqual([explored]);
  other.end(other.started[1]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'other' } });
});

test('a task does not wait for an exploration when its other attempt failed', async () => {
  const third = bench.volunteer('third');
  third.msPerTask = 200;
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await ticksPass();
  chosen.end(chosen.started[0], { kind: 'returned' });
  await ticksPass();
  expect(chosen.started).toHaveLength(2);
  chosen.end(chosen.started[1]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'chosen' } });
});
