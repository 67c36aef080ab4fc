import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ENDED_TASK_LIMITS } from './ended-task-outcomes.ts';
import { JOB_QUEUE } from './job-queue.ts';
import { TestBench, ticksPass } from './test-bench.ts';

// Events and promises only: waiting costs nothing.
let bench: TestBench;
beforeEach(() => {
  bench = new TestBench();
});
afterEach(() => bench.dispose());

const HOUR_MS = 3_600_000;

test('tasks that wait for a volunteer set no timer and cause no work for an hour', async () => {
  const busy = bench.volunteer('busy');
  busy.capacity = 0;
  const asked = vi.spyOn(busy, 'predictMs');
  for (let nth = 0; nth < 100; nth++) bench.submit({ where: 'volunteers' });
  await ticksPass();
  expect(bench.clock.pending).toBe(0);
  asked.mockClear();
  bench.clock.advance(HOUR_MS);
  await ticksPass();
  expect(asked).not.toHaveBeenCalled();
});

test('running tasks share one timer, and late ones are looked at again at doubling intervals', async () => {
  const slow = bench.volunteer('slow');
  slow.lateMs = 50;
  slow.capacity = 100;
  const asked = vi.spyOn(slow, 'predictMs');
  for (let nth = 0; nth < 100; nth++) bench.submit({ where: 'volunteers' });
  await ticksPass();
  expect(bench.clock.pending).toBe(1);
  asked.mockClear();
  const before = bench.clock.fired;
  bench.clock.advance(HOUR_MS);
  await ticksPass();
  expect(bench.clock.fired - before).toBeLessThan(2 * Math.log2(HOUR_MS / slow.lateMs));
  // There is no other runner to ask.
  expect(asked).not.toHaveBeenCalled();
});

test('awaiting a result or room in the queue polls nothing', async () => {
  bench.volunteer('never');
  const ids = Array.from(
    { length: JOB_QUEUE.readyBelow * JOB_QUEUE.maxJobs + 16 },
    () => bench.submit({ where: 'volunteers' }).id,
  );
  await ticksPass();
  const before = bench.clock.pending;
  for (const id of ids) bench.registry.result(id, undefined).catch(() => {});
  void bench.dispatcher.ready();
  await ticksPass();
  expect(bench.clock.pending).toBe(before);
});

test('after the last task only the timer of the kept results is left, and then none', async () => {
  const one = bench.volunteer('one');
  one.lateMs = 50;
  const tasks = Array.from({ length: 8 }, () => bench.submit({ where: 'volunteers', timeoutMs: 1_000 }));
  await ticksPass();
  for (const job of one.started) one.end(job);
  await Promise.all(tasks.map(({ result }) => result));
  expect(bench.clock.pending).toBe(1);
  bench.clock.advance(ENDED_TASK_LIMITS.keptMs);
  expect(bench.clock.pending).toBe(0);
});
