import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { TestBench } from './test-bench.ts';
import { type TestVolunteer, turnsPass } from './test-runner.ts';
import { TASKS } from './tuning.ts';

/** A task is given to `first`, which is the faster of two. */
let bench: TestBench;
let first: TestVolunteer;
let second: TestVolunteer;

beforeEach(() => {
  bench = new TestBench();
  first = bench.volunteer('first');
  second = bench.volunteer('second');
  second.msPerTask = 100;
  for (const one of [first, second]) one.lateMs = 20;
});

afterEach(() => bench.dispose());

async function started() {
  const task = bench.submit({ where: 'volunteers' });
  await turnsPass();
  return task;
}

const failure = { kind: 'failed', error: new MeshError('volunteer-failed', 'no') } as const;

describe('a late task', () => {
  test('is given to a second volunteer as well; the first valid result wins and the other attempt is cancelled', async () => {
    const task = await started();
    bench.clock.advance(19);
    await turnsPass();
    expect(second.started).toEqual([]);
    bench.clock.advance(1);
    await turnsPass();
    expect(second.started).toEqual(first.started);
    second.end(second.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'second', attempts: 2 } });
    expect(first.cancelled).toEqual(first.started);
    expect(bench.dispatcher.counts).toMatchObject({ hedged: 1, redispatched: 0, ranOnVolunteers: 1 });
    expect(bench.redispatches).toEqual([{ ranOn: 'first', cause: 'late', delayMs: 0 }]);
  });

  test('may still be won by the first, and lateness is no failure', async () => {
    const task = await started();
    bench.clock.advance(20);
    await turnsPass();
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first' } });
    expect(second.cancelled).toEqual(second.started);
    expect(bench.verdicts).toEqual([['first', true]]);
  });

  test('goes on with one attempt when the other fails, and gets a third when both have', async () => {
    const third = bench.volunteer('third');
    third.msPerTask = 1_000;
    const task = await started();
    bench.clock.advance(20);
    await turnsPass();
    first.end(first.started[0], failure);
    await turnsPass();
    expect(third.started).toEqual([]);
    second.end(second.started[0], failure);
    await turnsPass();
    third.end(third.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'third', attempts: 3 } });
  });

  test('a slow but only volunteer is waited for', async () => {
    bench.dispatcher.remove(second);
    const task = await started();
    bench.clock.advance(60_000);
    await turnsPass();
    expect(bench.dispatcher.counts.hedged).toBe(0);
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first', totalMs: 60_000 } });
  });

  test('is hedged when a second volunteer comes late itself', async () => {
    bench.dispatcher.remove(second);
    await started();
    bench.clock.advance(50);
    await turnsPass();
    const late = bench.volunteer('late');
    await turnsPass();
    expect(late.started).toEqual(first.started);
    expect(bench.redispatches).toEqual([{ ranOn: 'first', cause: 'late', delayMs: 30 }]);
  });

  test('no more than one task in twenty is hedged, beyond a small burst, however many are late', async () => {
    const count = 200;
    for (const one of [first, second]) one.room = count;
    for (let nth = 0; nth < count; nth++) {
      bench.submit({ where: 'volunteers' });
      await turnsPass(2);
      bench.clock.advance(20);
      await turnsPass(2);
      for (const one of [first, second]) for (const job of one.started) one.end(job);
    }
    const { hedged } = bench.dispatcher.counts;
    expect(hedged).toBeGreaterThanOrEqual(count / TASKS.tasksPerDuplicate);
    expect(hedged).toBeLessThanOrEqual(count / TASKS.tasksPerDuplicate + TASKS.duplicateBurst);
  });
});

describe('a volunteer that falls silent', () => {
  test('has all it holds begun elsewhere at once, out of no budget, and gets nothing new', async () => {
    first.room = 100;
    const tasks = Array.from({ length: 50 }, () => bench.submit({ where: 'volunteers' }));
    second.msPerTask = 100_000;
    await turnsPass();
    expect(first.started).toHaveLength(50);
    second.room = 100;
    first.silent = true;
    bench.dispatcher.suspect(first);
    await turnsPass();
    expect(second.started).toHaveLength(50);
    expect(bench.redispatches.every(({ cause, delayMs }) => cause === 'silent' && delayMs === 0)).toBe(true);
    bench.submit({ where: 'volunteers' });
    await turnsPass();
    expect([first.started.length, second.started.length]).toEqual([50, 51]);
    for (const job of second.started) second.end(job);
    for (const { result } of tasks) await expect(result).resolves.toMatchObject({ timing: { ranOn: 'second' } });
  });

  test('is suspected, not judged: its own answer still counts, and it may be asked again', async () => {
    const task = await started();
    first.silent = true;
    bench.dispatcher.suspect(first);
    await turnsPass();
    first.silent = false;
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first' } });
    await started();
    expect(first.started).toHaveLength(2);
  });

  test('and is heard again before anybody else had room keeps its work to itself', async () => {
    second.room = 0;
    await started();
    first.silent = true;
    bench.dispatcher.suspect(first);
    await turnsPass();
    first.silent = false;
    second.room = 1;
    bench.dispatcher.wake();
    await turnsPass();
    expect(second.started).toEqual([]);
  });

  test('leaves its work to this machine where that is allowed', async () => {
    bench.dispatcher.remove(second);
    await bench.warmUp();
    first.msPerTask = 0;
    const task = bench.submit({ where: 'auto' });
    await turnsPass();
    first.silent = true;
    bench.dispatcher.suspect(first);
    await turnsPass();
    bench.clock.advance(bench.engine.msPerTask);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'local' } });
  });

  test('a confirmed loss sends its work to others first, and back to it only if there is nobody else', async () => {
    const task = await started();
    bench.dispatcher.remove(first);
    first.end(first.started[0], { kind: 'lost', error: MeshError.closed('The link') });
    const again = bench.volunteer('first');
    again.msPerTask = 0;
    await turnsPass();
    expect(again.started).toEqual([]);
    second.end(second.started[0], failure);
    await turnsPass();
    again.end(again.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first', attempts: 3 } });
  });
});
