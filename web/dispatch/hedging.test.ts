import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { HEDGING } from './hedging.ts';
import { TestBench, type TestVolunteer, ticksPass } from './test-bench.ts';

/** Tasks go to `first`, the faster of two volunteers. */
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
  await ticksPass();
  return task;
}

const failure = { kind: 'failed', error: new MeshError('volunteer-failed', 'no') } as const;

describe('a late task', () => {
  test('gets a second volunteer; the first valid result wins and the other attempt is cancelled', async () => {
    const task = await started();
    bench.clock.advance(19);
    await ticksPass();
    expect(second.started).toEqual([]);
    bench.clock.advance(1);
    await ticksPass();
    expect(second.started).toEqual(first.started);
    second.end(second.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'second', attempts: 2 } });
    expect(first.cancelled).toEqual(first.started);
    expect(bench.dispatcher.counts).toMatchObject({ hedged: 1, redispatched: 0, ranOnVolunteers: 1 });
    expect(bench.redispatches).toEqual([{ ranOn: 'first', cause: 'late', delayMs: 0 }]);
  });

  test('may still be finished by the first volunteer, and being late is no failure', async () => {
    const task = await started();
    bench.clock.advance(20);
    await ticksPass();
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first' } });
    expect(second.cancelled).toEqual(second.started);
    expect(bench.verdicts).toEqual([['first', true]]);
  });

  test('continues with one attempt when the other fails, and gets a third when both failed', async () => {
    const third = bench.volunteer('third');
    third.msPerTask = 1_000;
    const task = await started();
    bench.clock.advance(20);
    await ticksPass();
    first.end(first.started[0], failure);
    await ticksPass();
    expect(third.started).toEqual([]);
    second.end(second.started[0], failure);
    await ticksPass();
    third.end(third.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'third', attempts: 3 } });
  });

  test('is waited for when there is no other volunteer', async () => {
    bench.dispatcher.remove(second);
    const task = await started();
    bench.clock.advance(60_000);
    await ticksPass();
    expect(bench.dispatcher.counts.hedged).toBe(0);
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first', totalMs: 60_000 } });
  });

  test('is hedged when a second volunteer connects later', async () => {
    bench.dispatcher.remove(second);
    await started();
    bench.clock.advance(50);
    await ticksPass();
    const late = bench.volunteer('late');
    await ticksPass();
    expect(late.started).toEqual(first.started);
    expect(bench.redispatches).toEqual([{ ranOn: 'first', cause: 'late', delayMs: 30 }]);
  });

  test.each([
    ['tasks', () => ({})],
    [
      'calls of a session',
      (call: number) => ({
        session: () => ({ key: 's', call, from: { call: call - 1, ranOn: 'first', outputs: new Map() } }),
      }),
    ],
  ])('is hedged for one in twenty of the %s, beyond a small burst', async (_, optionsOf) => {
    const count = 200;
    for (const one of [first, second]) one.capacity = count;
    for (let nth = 0; nth < count; nth++) {
      bench.submit({ where: 'volunteers', ...optionsOf(nth) });
      await ticksPass(2);
      bench.clock.advance(20);
      await ticksPass(2);
      for (const one of [first, second]) for (const job of one.started) one.end(job);
    }
    const { hedged } = bench.dispatcher.counts;
    expect(hedged).toBeGreaterThanOrEqual(count / HEDGING.tasksPerDuplicate);
    expect(hedged).toBeLessThanOrEqual(count / HEDGING.tasksPerDuplicate + HEDGING.duplicateBurst);
  });
});

describe('a volunteer that falls silent', () => {
  test('has its tasks started elsewhere at once, regardless of the budget, and gets no new ones', async () => {
    first.capacity = 100;
    const tasks = Array.from({ length: 50 }, () => bench.submit({ where: 'volunteers' }));
    second.msPerTask = 100_000;
    await ticksPass();
    expect(first.started).toHaveLength(50);
    second.capacity = 100;
    first.isSilent = true;
    bench.dispatcher.suspect(first);
    await ticksPass();
    expect(second.started).toHaveLength(50);
    expect(bench.redispatches.every(({ cause, delayMs }) => cause === 'silent' && delayMs === 0)).toBe(true);
    bench.submit({ where: 'volunteers' });
    await ticksPass();
    expect([first.started.length, second.started.length]).toEqual([50, 51]);
    for (const job of second.started) second.end(job);
    for (const { result } of tasks) await expect(result).resolves.toMatchObject({ timing: { ranOn: 'second' } });
  });

  test('is only suspected: its result still counts, and it may get tasks again', async () => {
    const task = await started();
    first.isSilent = true;
    bench.dispatcher.suspect(first);
    await ticksPass();
    first.isSilent = false;
    first.end(first.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first' } });
    await started();
    expect(first.started).toHaveLength(2);
  });

  test('keeps its task if it is heard again before another runner has room', async () => {
    second.capacity = 0;
    await started();
    first.isSilent = true;
    bench.dispatcher.suspect(first);
    await ticksPass();
    first.isSilent = false;
    second.capacity = 1;
    bench.dispatcher.wake();
    await ticksPass();
    expect(second.started).toEqual([]);
  });

  test('has its task run locally where that is allowed', async () => {
    bench.dispatcher.remove(second);
    await bench.warmUp();
    first.msPerTask = 0;
    const task = bench.submit({ where: 'auto' });
    await ticksPass();
    first.isSilent = true;
    bench.dispatcher.suspect(first);
    await ticksPass();
    bench.clock.advance(bench.engine.msPerTask);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'local' } });
  });

  test('and is lost gets its task back only if nobody else can run it', async () => {
    const task = await started();
    bench.dispatcher.remove(first);
    first.end(first.started[0], { kind: 'lost', error: MeshError.closed('The link') });
    const again = bench.volunteer('first');
    again.msPerTask = 0;
    await ticksPass();
    expect(again.started).toEqual([]);
    second.end(second.started[0], failure);
    await ticksPass();
    again.end(again.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'first', attempts: 3 } });
  });
});
