import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestBench } from './test-bench.ts';
import { type TestVolunteer, turnsPass } from './test-runner.ts';
import { TASKS } from './tuning.ts';

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

/** Runs a task; `chosen` answers at once, `other` never. */
async function runOne() {
  const task = bench.submit({ where: 'volunteers' });
  await turnsPass(2);
  chosen.end(chosen.started.at(-1));
  return task.result;
}

test('whom nothing is known of is tried beside the one that is chosen, and keeps the task to its end, for the sake of knowing', async () => {
  other.measuredMs = null;
  await expect(runOne()).resolves.toMatchObject({ timing: { ranOn: 'chosen' } });
  expect(other.started).toEqual(chosen.started);
  expect([other.cancelled, other.held]).toEqual([[], 1]);
});

test('its result counts if it comes first, as for one that seemed slower than it is', async () => {
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await turnsPass();
  other.end(other.started[0]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'other' } });
  expect(chosen.cancelled).toEqual(chosen.started);
  expect(bench.dispatcher.counts.placements.volunteers).toMatchObject({ exploration: 1, asked: 0 });
});

test('one measured long ago is tried with one task in so many', async () => {
  other.measuredMs = bench.clock.now() - TASKS.staleAfterMs;
  other.room = 1_000;
  for (let nth = 0; nth < 3 * TASKS.tasksPerExploration; nth++) {
    await runOne();
    for (const job of other.started) other.end(job);
  }
  expect(other.started).toHaveLength(3);
});

test('one that was measured lately, is busy, silent or far too slow is left alone', async () => {
  other.measuredMs = bench.clock.now() - TASKS.staleAfterMs + 1;
  await runOne();
  other.measuredMs = null;
  other.silent = true;
  await runOne();
  other.silent = false;
  other.room = 0;
  await runOne();
  other.room = 8;
  other.msPerTask = TASKS.maxExplorationRatio * 100;
  await runOne();
  expect(other.started).toEqual([]);
});

test('one that is given such a task itself tells without a duplicate', async () => {
  chosen.measuredMs = null;
  other.measuredMs = null;
  for (let nth = 0; nth < 6; nth++) bench.submit({ where: 'volunteers' }).result.catch(() => {});
  await turnsPass();
  expect(other.started.length).toBeGreaterThan(0);
  expect(new Set([...chosen.started, ...other.started]).size).toBe(chosen.started.length + other.started.length);
  expect(chosen.started.length + other.started.length).toBe(6);
});

test('one at a time is explored, and some of what may be spent is left for hedging', async () => {
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
  expect(explored.reduce((sum, count) => sum + count, 0)).toBe(TASKS.duplicateBurst - 1);
});

test('one whose task is cancelled is over, and the same volunteer may be explored again', async () => {
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await turnsPass();
  task.cancel();
  await turnsPass();
  expect(other.cancelled).toEqual(other.started);
  await runOne();
  expect(other.started).toHaveLength(2);
});

test('an exploration whose own task is over gives way to work that is wanted', async () => {
  other.measuredMs = null;
  await runOne();
  const [explored] = other.started;
  chosen.room = 0;
  const task = bench.submit({ where: 'volunteers' });
  bench.dispatcher.remove(chosen);
  await turnsPass();
  expect(other.cancelled).toEqual([explored]);
  other.end(other.started[1]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'other' } });
});

test('a task does not wait for an exploration when the attempt it counts on has failed', async () => {
  const third = bench.volunteer('third');
  third.msPerTask = 200;
  other.measuredMs = null;
  const task = bench.submit({ where: 'volunteers' });
  await turnsPass();
  chosen.end(chosen.started[0], { kind: 'returned' });
  await turnsPass();
  expect(chosen.started).toHaveLength(2);
  chosen.end(chosen.started[1]);
  await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'chosen' } });
});
