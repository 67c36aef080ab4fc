import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';
import type { Job, Outcome } from './job.ts';
import { prepareTaskKeys } from './task-key.ts';
import { TestBench } from './test-bench.ts';
import { turnsPass } from './test-runner.ts';
import { TASKS } from './tuning.ts';

/** A dispatcher, a cheat that answers echoes with other bytes, and a good one. */
let bench: TestBench;

beforeAll(prepareTaskKeys);

beforeEach(() => {
  bench = new TestBench();
});

/** Nothing that a wrong result began may be left over. */
afterEach(() => {
  expect([bench.book.running, bench.dispatcher.inFlight, bench.dispatcher.queued]).toEqual([0, 0, 0]);
  bench.clock.advance(TASKS.resultKeptMs);
  expect(bench.clock.pending).toBe(0);
  bench.dispose();
});

function wrong({ packed }: Job): Outcome {
  const attachments = packed.attachments.map((bytes) => bytes.map((byte) => byte ^ 1));
  return { kind: 'result', result: { value: null, attachments }, backend: 'test', queueMs: 0, computeMs: 1 };
}

test('a wrong result is not delivered: the task is done again elsewhere, and the volunteer gets no more work', async () => {
  const cheat = bench.volunteer('cheat');
  const task = bench.submit({ where: 'volunteers' }, 7);
  await turnsPass();
  const good = bench.volunteer('good');
  cheat.end(cheat.started[0], wrong(jobOf(cheat.started)));
  await turnsPass();
  good.end(good.started[0]);
  await expect(task.result).resolves.toMatchObject({ bytes: new Uint8Array([7]), timing: { ranOn: 'good' } });
  expect(bench.barred).toEqual(['cheat']);
  expect(bench.verdicts).toEqual([
    ['cheat', false],
    ['good', true],
  ]);
  expect(bench.dispatcher.counts.rejectedByVerify).toBe(1);

  const next = bench.submit({ where: 'volunteers' }, 8);
  await turnsPass();
  expect([cheat.started.length, good.started.length]).toEqual([1, 2]);
  good.end(good.started[1]);
  await next.result;
});

test('what the cheat holds is begun elsewhere at once, and what it answers then counts for nothing', async () => {
  const cheat = bench.volunteer('cheat');
  const tasks = [1, 2, 3].map((byte) => bench.submit({ where: 'volunteers' }, byte));
  await turnsPass();
  const good = bench.volunteer('good');
  const [first, second, third] = cheat.started;
  cheat.end(first, wrong(jobOf(cheat.started)));
  await turnsPass();
  expect(cheat.cancelled).toEqual([second, third]);
  expect(good.started).toHaveLength(3);
  expect(bench.redispatches.map(({ ranOn, cause, delayMs }) => [ranOn, cause, delayMs])).toContainEqual([
    'cheat',
    'barred',
    0,
  ]);
  for (const job of good.started) good.end(job);
  for (const [n, { result }] of tasks.entries()) {
    await expect(result).resolves.toMatchObject({ bytes: new Uint8Array([n + 1]), timing: { ranOn: 'good' } });
  }
});

test('a barred volunteer that connects anew is not asked again; with nobody else the task fails, and says why', async () => {
  const cheat = bench.volunteer('cheat');
  const task = bench.submit({ where: 'volunteers' }, 7);
  await turnsPass();
  cheat.end(cheat.started[0], wrong(jobOf(cheat.started)));
  await expect(task.result).rejects.toMatchObject({ reason: 'verify-failed' });
  const again = bench.volunteer('cheat');
  const next = bench.submit({ where: 'volunteers', timeoutMs: 100 }, 8);
  await turnsPass();
  expect(again.started).toEqual([]);
  bench.clock.advance(100);
  await expect(next.result).rejects.toMatchObject({ reason: 'no-volunteer' });
});

test('what it gave before and nobody looked at is not given to anybody again', async () => {
  const bytes = (byte: number) => new Uint8Array([byte]);
  bench.random = () => 0.999;
  const cheat = bench.volunteer('cheat');
  const done = async (byte: number, outcome?: Outcome) => {
    const task = bench.submitBytes(bytes(byte), { where: 'volunteers' });
    await turnsPass();
    cheat.end(cheat.started.at(-1), outcome);
    return task.result;
  };
  for (let n = 0; n < PROBATION_RESULTS; n++) await done(n);
  const unchecked = bench.submitBytes(bytes(100), { where: 'volunteers' });
  await turnsPass();
  cheat.end(cheat.started.at(-1), wrong(jobOf(cheat.started.slice(-1))));
  // It got through: nobody looked.
  await expect(unchecked.result).resolves.toMatchObject({ bytes: bytes(101) });

  bench.random = () => 0;
  const caught = bench.submitBytes(bytes(50), { where: 'volunteers' });
  await turnsPass();
  cheat.end(cheat.started.at(-1), wrong(jobOf(cheat.started.slice(-1))));
  await expect(caught.result).rejects.toMatchObject({ reason: 'verify-failed' });
  bench.work.forgetFrom('cheat');
  const good = bench.volunteer('good');
  const asked = bench.submitBytes(bytes(100), { where: 'volunteers' });
  await turnsPass();
  for (const job of good.started) good.end(job);
  await expect(asked.result).resolves.toMatchObject({ bytes: bytes(100), timing: { ranOn: 'good' } });
});

test('while a result is looked at, nobody else is asked; if the task is cancelled, what is found still counts', async () => {
  const cheat = bench.volunteer('cheat');
  const good = bench.volunteer('good');
  const task = bench.submit({ where: 'volunteers' }, 7);
  await turnsPass();
  const [first] = [cheat, good].filter(({ started }) => started.length > 0);
  if (!first) throw new Error('nobody was asked');
  first.end(first.started[0], wrong(jobOf(first.started)));
  task.cancel();
  await turnsPass();
  await expect(task.result).rejects.toMatchObject({ reason: 'cancelled' });
  expect(bench.barred).toEqual([first.id]);
  expect(cheat.started.length + good.started.length).toBe(1);
});

function jobOf([job]: readonly Job[]): Job {
  if (!job) throw new Error('nothing was started');
  return job;
}
