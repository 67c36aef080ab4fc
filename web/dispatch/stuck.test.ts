import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { LOOK_AHEAD_JOBS } from './dispatcher.ts';
import { JOB_QUEUE } from './job-queue.ts';
import { reasonOf, TestBench, ticksPass } from './test-bench.ts';
import { noise } from './test-scenarios.ts';
import { Simulation } from './test-simulation.ts';

// No task may wait for ever while somebody could run it.
const failure = { kind: 'failed', error: new MeshError('volunteer-failed', 'no') } as const;

describe('one by one', () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });
  afterEach(() => bench.dispose());

  test('many tasks that wait for volunteers do not block tasks that may run locally', async () => {
    for (let nth = 0; nth < LOOK_AHEAD_JOBS + 4; nth++) bench.submit({ where: 'volunteers' });
    const [local, auto] = [bench.submit({ where: 'local' }), bench.submit({ where: 'auto' })];
    await ticksPass();
    bench.clock.advance(2 * bench.engine.msPerTask);
    await ticksPass();
    await expect(Promise.all([local.result, auto.result])).resolves.toHaveLength(2);
  });

  test('a task whose attempt failed waits for an exploration that is under way', async () => {
    const [chosen, other] = [bench.volunteer('chosen'), bench.volunteer('other')];
    other.msPerTask = 20;
    other.measuredMs = null;
    const task = bench.submit({ where: 'volunteers' });
    await ticksPass();
    chosen.end(chosen.started[0], failure);
    await ticksPass();
    other.end(other.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'other' } });
  });

  test('such a task is queued only once if the exploration fails too', async () => {
    const [chosen, other] = [bench.volunteer('chosen'), bench.volunteer('other')];
    other.msPerTask = 20;
    other.measuredMs = null;
    const task = bench.submit({ where: 'volunteers' });
    await ticksPass();
    for (const one of [chosen, other]) one.capacity = 0;
    chosen.end(chosen.started[0], { kind: 'returned' });
    other.end(other.started[0], { kind: 'returned' });
    await ticksPass();
    expect([bench.dispatcher.queued, bench.dispatcher.inFlight]).toEqual([1, 0]);
    for (const one of [chosen, other]) one.capacity = 8;
    bench.dispatcher.wake();
    await ticksPass();
    expect(bench.dispatcher.counts.redispatched).toBe(1);
    chosen.end(chosen.started[1]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'chosen' } });
  });

  test('a volunteer that is silent for a moment is waited for when the others failed', async () => {
    const [bad, silent] = [bench.volunteer('bad'), bench.volunteer('silent')];
    silent.msPerTask = 20;
    silent.isSilent = true;
    const task = bench.submit({ where: 'volunteers' });
    await ticksPass();
    bad.end(bad.started[0], failure);
    await ticksPass();
    silent.isSilent = false;
    bench.dispatcher.wake();
    await ticksPass();
    silent.end(silent.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'silent' } });
  });

  test('a task whose two volunteers fall silent goes to a third at once', async () => {
    const [first, second, third] = ['first', 'second', 'third'].map((id) => bench.volunteer(id));
    if (!first || !second || !third) throw new Error('three were made');
    second.msPerTask = 20;
    third.msPerTask = 40;
    const task = bench.submit({ where: 'volunteers' });
    await ticksPass();
    for (const one of [first, second]) {
      one.isSilent = true;
      bench.dispatcher.suspect(one);
      await ticksPass();
    }
    third.end(third.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'third' } });
  });

  test('a hedge that fails beside a late attempt is followed by another', async () => {
    const [first, second, third] = ['first', 'second', 'third'].map((id) => bench.volunteer(id));
    if (!first || !second || !third) throw new Error('three were made');
    first.lateMs = 20;
    second.msPerTask = 20;
    third.msPerTask = 40;
    const task = bench.submit({ where: 'volunteers' });
    await ticksPass();
    bench.clock.advance(20);
    await ticksPass();
    second.end(second.started[0], failure);
    await ticksPass();
    bench.clock.advance(1);
    await ticksPass();
    third.end(third.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'third' } });
  });

  test('an attempt that was late and silent for a moment is still late afterwards', async () => {
    const [first, second] = [bench.volunteer('first'), bench.volunteer('second')];
    first.lateMs = 20;
    second.msPerTask = 20;
    second.capacity = 0;
    bench.submit({ where: 'volunteers' });
    await ticksPass();
    first.isSilent = true;
    bench.dispatcher.suspect(first);
    await ticksPass();
    bench.clock.advance(30);
    first.isSilent = false;
    bench.dispatcher.wake();
    await ticksPass();
    second.capacity = 1;
    bench.clock.advance(100);
    await ticksPass();
    expect(second.started).toEqual(first.started);
  });

  test('silence of a volunteer that only explores has no effect', async () => {
    const [chosen, other, third] = ['chosen', 'other', 'third'].map((id) => bench.volunteer(id));
    if (!chosen || !other || !third) throw new Error('three were made');
    other.msPerTask = 20;
    other.measuredMs = null;
    third.msPerTask = 40;
    bench.submit({ where: 'volunteers' });
    await ticksPass();
    other.isSilent = true;
    bench.dispatcher.suspect(other);
    await ticksPass();
    expect([third.started, bench.dispatcher.counts.hedged]).toEqual([[], 0]);
  });

  test('ready() respects the bound on bytes', async () => {
    const megabytes = 64;
    const bytes = new Uint8Array(megabytes * 1024 * 1024 - 1024 * 1024);
    const count = Math.ceil((JOB_QUEUE.readyBelow * JOB_QUEUE.maxBytes) / bytes.byteLength);
    const tasks = Array.from({ length: count }, () => bench.submitBytes(bytes, { where: 'volunteers', cache: false }));
    let isReady = false;
    const ready = bench.dispatcher.ready().then(() => {
      isReady = true;
    });
    await ticksPass();
    expect(isReady).toBe(false);
    for (const { cancel } of tasks) cancel();
    await ready;
    expect(await Promise.all(tasks.map(({ result }) => reasonOf(result)))).toEqual(tasks.map(() => 'cancelled'));
  });
});

describe('under a virtual clock', () => {
  let simulation: Simulation;
  afterEach(() => simulation.dispose());

  test("'auto' does not wait for a volunteer that is paused", async () => {
    simulation = new Simulation(() => 100);
    simulation.addVolunteer({ serviceMs: () => 1, share: 0 });
    await simulation.pass(100);
    const startMs = simulation.clock.now();
    await simulation.until(Promise.all([simulation.submit().result, simulation.submit().result]));
    expect(simulation.clock.now() - startMs).toBeLessThan(250);
  });

  test("'auto' leaves a volunteer that is alive but stops answering", async () => {
    let isStuck = false;
    simulation = new Simulation(() => 100);
    simulation.addVolunteer({ serviceMs: () => (isStuck ? 1e9 : 5) });
    for (let nth = 0; nth < 50; nth++) await simulation.until(simulation.submit().result);
    isStuck = true;
    const startMs = simulation.clock.now();
    await simulation.until(Promise.all(Array.from({ length: 100 }, () => simulation.submit().result)));
    // All of them run locally one after another, plus the time to detect it.
    expect(simulation.clock.now() - startMs).toBeLessThan(100 * 100 + 8_000);
  });

  test.each([
    ['other gamers use', (nth: number) => 500 + 50 * noise(nth)],
    ['a lying volunteer does not report', () => 500],
  ])("'auto' learns of time that %s", async (_, waitMs) => {
    simulation = new Simulation(() => 60);
    // It reports a short compute time and nothing about the wait.
    simulation.addVolunteer({ serviceMs: (_sizeBytes, nth) => waitMs(nth), claimedMs: 5 });
    const totalsMs: number[] = [];
    for (let nth = 0; nth < 100; nth++) {
      const { timing } = await simulation.until(simulation.submit().result);
      totalsMs.push(timing.totalMs);
      await simulation.pass(100);
    }
    totalsMs.sort((a, b) => a - b);
    expect(totalsMs[50]).toBeLessThan(80);
    expect(totalsMs[90]).toBeLessThan(80);
  });
});
