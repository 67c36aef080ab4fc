import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestBench } from './test-bench.ts';
import { turnsPass } from './test-runner.ts';
import { TASKS } from './tuning.ts';

/** Events and promises only: what waits costs nothing while it waits. */
let bench: TestBench;
beforeEach(() => {
  bench = new TestBench();
});
afterEach(() => bench.dispose());

const HOUR_MS = 3_600_000;

test('tasks that wait for a volunteer set no timer, and an hour of waiting asks nobody anything', async () => {
  const busy = bench.volunteer('busy');
  busy.room = 0;
  const asked = vi.spyOn(busy, 'predictMs');
  for (let nth = 0; nth < 100; nth++) bench.submit({ where: 'volunteers' });
  await turnsPass();
  expect(bench.clock.pending).toBe(0);
  asked.mockClear();
  bench.clock.advance(HOUR_MS);
  await turnsPass();
  expect(asked).not.toHaveBeenCalled();
});

test('tasks that run share one timer, and those that are late are looked at again after twice the time, and twice that', async () => {
  const slow = bench.volunteer('slow');
  slow.lateMs = 50;
  slow.room = 100;
  const asked = vi.spyOn(slow, 'predictMs');
  for (let nth = 0; nth < 100; nth++) bench.submit({ where: 'volunteers' });
  await turnsPass();
  expect(bench.clock.pending).toBe(1);
  asked.mockClear();
  const before = bench.clock.fired;
  bench.clock.advance(HOUR_MS);
  await turnsPass();
  expect(bench.clock.fired - before).toBeLessThan(2 * Math.log2(HOUR_MS / slow.lateMs));
  // With nobody else to ask, nobody is asked.
  expect(asked).not.toHaveBeenCalled();
});

test('nobody who awaits a result, or room in the queue, looks for it again and again', async () => {
  bench.volunteer('never');
  const ids = Array.from(
    { length: TASKS.readyBelow * TASKS.maxQueued + 16 },
    () => bench.submit({ where: 'volunteers' }).id,
  );
  await turnsPass();
  const before = bench.clock.pending;
  for (const id of ids) bench.book.result(id, undefined).catch(() => {});
  void bench.dispatcher.ready();
  await turnsPass();
  expect(bench.clock.pending).toBe(before);
});

test('when all is done no timer is left but that of the kept results, and then none', async () => {
  const one = bench.volunteer('one');
  one.lateMs = 50;
  const tasks = Array.from({ length: 8 }, () => bench.submit({ where: 'volunteers', timeoutMs: 1_000 }));
  await turnsPass();
  for (const job of one.started) one.end(job);
  await Promise.all(tasks.map(({ result }) => result));
  expect(bench.clock.pending).toBe(1);
  bench.clock.advance(TASKS.resultKeptMs);
  expect(bench.clock.pending).toBe(0);
});
