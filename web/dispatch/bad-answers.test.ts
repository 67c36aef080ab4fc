import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHANNELS } from '../../shared/channels.ts';
import { CHUNK_HEADER_BYTES, splitTransfer } from '../../shared/chunks.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { TaskMessage } from '../../shared/messages.ts';
import { encodeTransfer } from '../../shared/wire.ts';
import { HEARTBEAT } from '../net/heartbeat.ts';
import { TestPort } from '../net/test-channel.ts';
import { ENDED_TASK_LIMITS } from './ended-task-outcomes.ts';
import { JOB_QUEUE } from './job-queue.ts';
import { MemoryBudget } from './memory-budget.ts';
import { RemoteRunner } from './remote-runner.ts';
import { reasonOf, TestBench, ticksPass } from './test-bench.ts';

/** The runner of a volunteer whose chunks the test writes by hand. */
let bench: TestBench;
let port: TestPort;
let runner: RemoteRunner;
let broken: MeshError[];
let nextTransferId: number;

beforeEach(async () => {
  bench = new TestBench();
  port = new TestPort();
  broken = [];
  nextTransferId = 0;
  runner = new RemoteRunner({
    volunteerId: 'bad',
    port,
    clock: bench.clock,
    memory: new MemoryBudget(),
    onRoom: () => bench.dispatcher.wake(),
    onBroken: (error) => {
      broken.push(error);
      bench.dispatcher.remove(runner);
    },
  });
  runner.capabilities = {
    adapter: '',
    codecs: [],
    tasks: ['echo'],
    backends: { echo: { backend: 'js', unitsPerMs: 1_000 } },
  };
  bench.dispatcher.add(runner);
  answer({ kind: 'credit', serial: 0, window: 8 });
});

/** Nothing that a bad answer started may be left over. */
afterEach(() => {
  expect([bench.registry.running, bench.dispatcher.inFlight, bench.dispatcher.queued]).toEqual([0, 0, 0]);
  expect([runner.outstanding, runner.unfinishedTransfers]).toEqual([0, 0]);
  bench.clock.advance(ENDED_TASK_LIMITS.keptMs);
  expect(bench.clock.pending).toBe(0);
  runner.dispose();
  bench.dispose();
});

function answer(message: TaskMessage, ...attachments: Uint8Array[]): void {
  const parts = encodeTransfer([{ message, attachments }]);
  for (const chunk of splitTransfer(nextTransferId++, parts, CHANNELS.tasks.chunkBytes)) port.receive(chunk.buffer);
}

const result = (id: number, byte: number) =>
  answer({ kind: 'result', id, value: null, backend: 'js', queueMs: 0, computeMs: 0 }, new Uint8Array([byte]));

async function submitted(byte: number, options: Parameters<TestBench['submit']>[0] = {}) {
  const task = bench.submit({ where: 'volunteers', ...options }, byte);
  await ticksPass();
  return task;
}

/** Another volunteer answers the tasks that the bad one did not. */
async function rescue() {
  const good = bench.volunteer('good');
  await ticksPass();
  for (const job of good.started) good.end(job);
}

describe('an answer', () => {
  test('with an unknown id ends the link, and the task runs elsewhere', async () => {
    const task = await submitted(7);
    result(99, 7);
    expect(broken).toMatchObject([{ reason: 'malformed' }]);
    await rescue();
    await expect(task.result).resolves.toMatchObject({ bytes: new Uint8Array([7]), timing: { ranOn: 'good' } });
  });

  test('that arrives twice counts once', async () => {
    const task = await submitted(7);
    result(0, 7);
    result(0, 8);
    await expect(task.result).resolves.toMatchObject({ bytes: new Uint8Array([7]) });
    expect([broken, bench.verdicts]).toEqual([[], [['bad', true]]]);
  });

  test('that arrives after its task was cancelled, timed out or won by another is ignored', async () => {
    const [cancelled, timedOut, hedged] = [
      await submitted(1),
      await submitted(2, { timeoutMs: 20 }),
      await submitted(3),
    ];
    cancelled.cancel();
    bench.clock.advance(20);
    runner.isSilent = true;
    bench.dispatcher.suspect(runner);
    await rescue();
    await expect(hedged.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
    for (const id of [0, 1, 2]) result(id, 9);
    expect(await reasonOf(cancelled.result)).toBe('cancelled');
    expect(await reasonOf(timedOut.result)).toBe('timeout');
    expect([broken, bench.registry.counts.completed]).toEqual([[], 1]);
  });

  test('of the wrong size counts as a failure of the volunteer', async () => {
    const task = await submitted(7);
    answer({ kind: 'result', id: 0, value: null, backend: 'js', queueMs: 0, computeMs: 0 }, new Uint8Array(3));
    await rescue();
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
    expect([broken, bench.verdicts[0]]).toEqual([[], ['bad', false]]);
  });

  test.each<[string, () => unknown]>([
    ['bytes that are not a chunk', () => new ArrayBuffer(3)],
    ['text', () => 'result'],
    ['a chunk that is not MessagePack', () => splitTransfer(0, [new Uint8Array(9).fill(0xc1)], 64).next().value],
    ['a chunk of a transfer of 4 GB', () => chunkClaiming(0xffffffff)],
  ])('that is malformed ends the link: %s', async (_, garbage) => {
    const task = await submitted(7);
    const data = garbage();
    port.receive(data instanceof Uint8Array ? data.buffer : data);
    expect(broken.map(({ reason }) => reason)).toEqual([expect.stringMatching(/malformed|too-large/)]);
    await rescue();
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
  });

  test('that is never completed is forgotten with the link', async () => {
    const task = await submitted(7);
    port.receive(chunkClaiming(2).buffer);
    expect(runner.unfinishedTransfers).toBe(1);
    port.fire('close');
    bench.dispatcher.remove(runner);
    await rescue();
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
  });

  test('that never arrives is waited for until the link is given up, and then the task runs elsewhere', async () => {
    const task = await submitted(7);
    bench.clock.advance(HEARTBEAT.lostAfterMs);
    await ticksPass();
    expect(bench.dispatcher.inFlight).toBe(1);
    runner.dispose();
    bench.dispatcher.remove(runner);
    await rescue();
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
  });
});

describe('a task is cancelled', () => {
  test('while it waits, while it runs, while it is hedged, and after its end', async () => {
    const running = await submitted(1);
    const hedged = await submitted(2);
    const good = bench.volunteer('good');
    good.capacity = 2;
    runner.isSilent = true;
    bench.dispatcher.suspect(runner);
    await ticksPass();
    const waiting = await submitted(3);
    for (const task of [running, hedged, waiting]) task.cancel();
    await ticksPass();
    for (const task of [running, hedged, waiting]) expect(await reasonOf(task.result)).toBe('cancelled');
    expect(good.held).toBe(0);
    for (const task of [running, hedged, waiting]) task.cancel();
    expect(bench.registry.counts).toMatchObject({ submitted: 3, cancelled: 3, failed: 0 });
  });
});

describe('a deadline that has passed already', () => {
  test.each([0, -5])('rejects the task at once and runs nothing: %d ms', async (timeoutMs) => {
    const task = await submitted(1, { timeoutMs });
    expect(await reasonOf(task.result)).toBe('timeout');
    expect(port.waiting).toHaveLength(0);
  });

  test('and a signal that has fired do the same', async () => {
    const task = await submitted(1, { signal: AbortSignal.abort() });
    expect(await reasonOf(task.result)).toBe('cancelled');
    expect(port.waiting).toHaveLength(0);
  });
});

test('a full queue refuses more tasks, and those in it are unaffected', async () => {
  bench.dispatcher.remove(runner);
  const tasks = Array.from({ length: JOB_QUEUE.maxJobs }, () => bench.submit({ where: 'volunteers' }));
  expect(await reasonOf(bench.submit({ where: 'volunteers' }).result)).toBe('queue-full');
  const good = bench.volunteer('good');
  good.capacity = JOB_QUEUE.maxJobs;
  await ticksPass();
  for (const job of good.started) good.end(job);
  expect((await Promise.all(tasks.map(({ result }) => result))).length).toBe(JOB_QUEUE.maxJobs);
});

/** The first chunk of a transfer that claims `count` chunks. */
function chunkClaiming(count: number): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(CHUNK_HEADER_BYTES + CHANNELS.tasks.chunkBytes);
  chunk.set([1, 1]);
  new DataView(chunk.buffer).setUint32(12, count, true);
  return chunk;
}
