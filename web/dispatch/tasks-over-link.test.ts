import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedTask, ReportListener, TaskProgress } from '../../shared/tasks/definition.ts';
import { deliver, TestPort } from '../net/test-channel.ts';
import { CREDIT } from './credit-window.ts';
import type { AttemptResult, Job, Outcome } from './job.ts';
import { MemoryBudget } from './memory-budget.ts';
import { MAX_BYTES_IN_FLIGHT, RemoteRunner } from './remote-runner.ts';
import { type Executed, TaskServer } from './task-server.ts';
import { ticksPass } from './test-bench.ts';

/** A task in the volunteer's engine, ended by the test. */
interface Execution {
  packed: PackedTask;
  signal: AbortSignal;
  onProgress: ReportListener;
  finish(executed: Executed): void;
  fail(error: Error): void;
}

/** A gamer's runner and a volunteer's server on the two ends of one channel. */
let nowMs: number;
let gamerPort: TestPort;
let volunteerPort: TestPort;
let runner: RemoteRunner;
let server: TaskServer;
let executions: Execution[];
let broken: MeshError[];
let workBegan: number;

beforeEach(async () => {
  nowMs = 1_000;
  executions = [];
  broken = [];
  workBegan = 0;
  gamerPort = new TestPort();
  volunteerPort = new TestPort();
  const onBroken = (error: MeshError) => broken.push(error);
  const clock = { now: () => nowMs, after: () => () => {} };
  runner = new RemoteRunner({
    volunteerId: 'v',
    port: gamerPort,
    clock,
    memory: new MemoryBudget(),
    onRoom: () => {},
    onBroken,
  });
  server = new TaskServer({
    port: volunteerPort,
    clock,
    memory: new MemoryBudget(),
    execute: (_, packed, signal, onProgress) =>
      new Promise((finish, fail) => executions.push({ packed, signal, onProgress, finish, fail })),
    onDone: () => {},
    onWork: () => workBegan++,
    onBroken,
  });
  runner.capabilities = {
    adapter: '',
    codecs: [],
    tasks: ['echo'],
    backends: { echo: { backend: 'js', unitsPerMs: 1 } },
  };
  server.share = 4;
  await exchange();
});

afterEach(() => {
  runner.dispose();
  server.dispose();
});

/** Delivers everything both ends have sent. Returns the number of chunks in each direction. */
async function exchange() {
  await ticksPass();
  const toVolunteer = deliver(gamerPort, volunteerPort);
  await ticksPass();
  const toGamer = deliver(volunteerPort, gamerPort);
  await ticksPass();
  return { toVolunteer, toGamer };
}

function echoJob(byte: number, resultBytes = 1): Job {
  const definition = definitionOf('echo');
  const packed = definition.pack({ bytes: new Uint8Array([byte]) });
  const base = {
    type: 'echo',
    kind: 'echo',
    where: 'volunteers',
    priority: 0,
    submittedMs: 0,
    deadlineMs: 0,
    firstDeadlineMs: 500,
  } as const;
  return { ...base, definition, packed, cost: 1, bytesOut: 1, bytesIn: resultBytes };
}

function start(byte: number) {
  const outcomes: Outcome<AttemptResult>[] = [];
  const job = echoJob(byte);
  runner.start(job, (outcome) => outcomes.push(outcome));
  return { job, outcomes };
}

const done = (execution: Execution | undefined, computeMs = 2) =>
  execution?.finish({ value: null, attachments: execution.packed.attachments, backend: 'js', computeMs });

test('tasks submitted in one tick are sent in one transfer, and so are their results', async () => {
  const started = [start(1), start(2), start(3)];
  expect((await exchange()).toVolunteer).toBe(1);
  expect(executions).toHaveLength(3);
  for (const execution of executions.reverse()) done(execution);
  expect((await exchange()).toGamer).toBe(1);
  for (const [index, { outcomes }] of started.entries()) {
    const packed = { value: null, attachments: [new Uint8Array([index + 1])] };
    // The clock stands still, so no time can have been spent.
    expect(outcomes).toEqual([{ kind: 'done', result: { packed, backend: 'js', queueMs: 0, computeMs: 0 } }]);
  }
});

test('progress reaches its listener until the task ends', async () => {
  const heard: TaskProgress[] = [];
  const job = { ...echoJob(1), onProgress: (progress: TaskProgress) => heard.push(progress) };
  runner.start(job, () => {});
  start(2);
  await exchange();
  for (const execution of executions) execution.onProgress({ stage: 'loading', share: 0.25 });
  await exchange();
  expect(heard).toEqual([{ stage: 'loading', share: 0.25 }]);
  executions[0]?.onProgress({ stage: 'computing', share: 0.5 });
  runner.cancel(job);
  await exchange();
  executions[0]?.onProgress({ stage: 'computing', share: 0.75 });
  await exchange();
  expect(heard).toHaveLength(1);
  expect(broken).toEqual([]);
});

test('large tasks wait while too many bytes are in flight; a single one never does', async () => {
  const large = echoJob(1, MAX_BYTES_IN_FLIGHT);
  runner.start(large, () => {});
  expect(runner.hasCapacity).toBe(false);
  runner.cancel(large);
  expect(runner.hasCapacity).toBe(true);
  start(2);
  expect(runner.hasCapacity).toBe(true);
});

test('a runner takes as many tasks as it has credit for, and any more are handed back', async () => {
  expect(runner.hasCapacity).toBe(true);
  const started = [1, 2, 3, 4, 5].map((byte) => start(byte));
  expect(runner.hasCapacity).toBe(false);
  await exchange();
  expect(executions).toHaveLength(4);
  expect(started[4]?.outcomes).toEqual([{ kind: 'returned' }]);
  done(executions[0]);
  await exchange();
  expect(runner.hasCapacity).toBe(true);
});

test('a cancelled task stops on the volunteer, and a result that crosses the cancel is ignored', async () => {
  const { job, outcomes } = start(1);
  await exchange();
  runner.cancel(job);
  await exchange();
  expect(executions[0]?.signal.aborted).toBe(true);
  done(executions[0]);
  await exchange();
  expect([outcomes, server.held, broken]).toEqual([[], 0, []]);
});

test('a pause hands every task back at once, and none are taken until it ends', async () => {
  const { outcomes } = start(1);
  await exchange();
  server.share = 0;
  await exchange();
  expect([outcomes, executions[0]?.signal.aborted, runner.hasCapacity]).toEqual([[{ kind: 'returned' }], true, false]);
  server.share = 4;
  await exchange();
  expect(runner.hasCapacity).toBe(true);
});

test('a pause gives back tasks that are still on their way there, and what comes of them afterwards is ignored', async () => {
  const { outcomes } = start(1);
  await ticksPass();
  server.share = 0;
  await ticksPass();
  deliver(volunteerPort, gamerPort);
  expect(outcomes).toEqual([{ kind: 'returned' }]);
  await exchange();
  expect([outcomes.length, executions.length, broken]).toEqual([1, 0, []]);
});

test('a lost GPU hands the task back; any other failure is reported with its reason', async () => {
  const [lost, failed] = [start(1), start(2)];
  await exchange();
  executions[0]?.fail(new MeshError('device-lost', 'The GPU went away.'));
  executions[1]?.fail(new MeshError('too-large', 'It does not fit.'));
  await exchange();
  expect(lost.outcomes).toEqual([{ kind: 'returned' }]);
  expect(failed.outcomes).toMatchObject([{ kind: 'failed', error: { reason: 'too-large' } }]);
});

test('an unknown task type and a task without its bytes fail without affecting others', async () => {
  // Of a newer version.
  const unknown = { ...echoJob(1), type: 'teleport' as 'echo' };
  const empty = { ...echoJob(2), packed: { params: { sizeBytes: 9 }, attachments: [] } };
  const outcomes: Outcome<AttemptResult>[] = [];
  for (const job of [unknown, empty]) runner.start(job, (outcome) => outcomes.push(outcome));
  const good = start(3);
  await exchange();
  done(executions[0]);
  await exchange();
  expect(outcomes).toMatchObject([{ error: { reason: 'unknown-task' } }, { error: { reason: 'malformed' } }]);
  expect(good.outcomes).toMatchObject([{ kind: 'done' }]);
  expect(broken).toEqual([]);
});

test('when the channel closes, outstanding tasks are lost and the volunteer stops running them', async () => {
  const { outcomes } = start(1);
  await exchange();
  gamerPort.fire('close');
  volunteerPort.fire('close');
  expect(outcomes).toMatchObject([{ kind: 'lost', error: { reason: 'volunteer-failed' } }]);
  expect(executions[0]?.signal.aborted).toBe(true);
});

test('a volunteer cannot claim more time than has passed', async () => {
  const { outcomes } = start(1);
  await exchange();
  nowMs += 30;
  done(executions[0], 9_000);
  await exchange();
  expect(outcomes).toMatchObject([{ kind: 'done', result: { computeMs: 30, queueMs: 0 } }]);
});

test('a malformed message ends the link with a reason', async () => {
  volunteerPort.receive(new ArrayBuffer(3));
  expect(broken).toMatchObject([{ reason: 'malformed' }]);
});

test('predictions follow what was measured: a slow volunteer is expected to be slow', async () => {
  const before = runner.predictMs(echoJob(1));
  start(1);
  await exchange();
  nowMs += 500;
  done(executions[0], 480);
  await exchange();
  expect(runner.predictMs(echoJob(1))).toBeGreaterThan(before + 400);
});

test('a shrinking window hands back the newest tasks and those on their way', async () => {
  const here = [start(1), start(2), start(3)];
  await exchange();
  const onTheWay = start(4);
  server.share = 2;
  await exchange();
  expect(here.map(({ outcomes }) => outcomes)).toEqual([[], [], [{ kind: 'returned' }]]);
  expect(onTheWay.outcomes).toEqual([{ kind: 'returned' }]);
  expect(executions.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
  expect([server.held, runner.hasCapacity]).toEqual([2, false]);
});

test('credit follows the service time, without a message for every task', async () => {
  server.share = TASK_LIMITS.maxHeld;
  await exchange();
  const most: number[] = [];
  for (let next = 0; next < 60; next++) {
    while (runner.hasCapacity) start(next);
    most.push(runner.outstanding);
    await exchange();
    nowMs += 40;
    done(executions.filter(({ signal }) => !signal.aborted)[next]);
    await exchange();
  }
  expect(most[0]).toBe(CREDIT.initial);
  expect(Math.max(...most.slice(-40))).toBeLessThanOrEqual(4);
  expect(new Set(most).size, 'windows sent').toBeLessThanOrEqual(4);
  expect(server.held).toBeLessThanOrEqual(4);
});

test('a server is working while tasks arrive or run, or results are sent', async () => {
  expect([workBegan, server.hasWork]).toEqual([0, false]);
  start(1);
  expect([runner.outstanding, server.hasWork]).toEqual([1, false]);
  await exchange();
  expect([workBegan > 0, server.hasWork]).toEqual([true, true]);
  done(executions[0]);
  await ticksPass();
  expect([server.held, server.hasWork]).toEqual([0, true]);
  await exchange();
  expect([runner.outstanding, server.hasWork]).toEqual([0, false]);
});

test('a large task counts as work from its first chunk, and every chunk of its result as a sign of life', async () => {
  let [began, signs] = [0, 0];
  runner.dispose();
  const port = new TestPort();
  runner = new RemoteRunner({
    volunteerId: 'v',
    port,
    clock: { now: () => nowMs, after: () => () => {} },
    memory: new MemoryBudget(),
    onRoom: () => {},
    onWork: () => began++,
    onSign: () => signs++,
    onBroken: () => {},
  });
  const large = { ...echoJob(1), packed: definitionOf('echo').pack({ bytes: new Uint8Array(300_000) }) };
  for (const job of [large, echoJob(2)]) runner.start(job, () => {});
  expect([began, runner.outstanding]).toEqual([1, 2]);
  await ticksPass();
  volunteerPort.receive(port.take()?.buffer);
  expect([workBegan, server.held, server.hasWork]).toEqual([1, 0, true]);
  deliver(port, volunteerPort);
  await ticksPass();
  for (const execution of executions) done(execution);
  await ticksPass();
  expect(deliver(volunteerPort, port)).toBeGreaterThan(3);
  expect(signs).toBeGreaterThan(3);
});
