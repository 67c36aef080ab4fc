import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { ENDED_TASK_LIMITS } from './ended-task-outcomes.ts';
import { JOB_QUEUE } from './job-queue.ts';
import { reasonOf, TestBench, ticksPass } from './test-bench.ts';

let bench: TestBench;

beforeEach(() => {
  bench = new TestBench();
});

afterEach(() => bench.dispose());

const submit: TestBench['submit'] = (options, byte) => bench.submit(options, byte);
const volunteer: TestBench['volunteer'] = (id, types) => bench.volunteer(id, types);

describe('ending a task', () => {
  test('cancel ends it wherever it is and cancels it at the runner', async () => {
    const one = volunteer('one');
    one.capacity = 1;
    const [running, waiting] = [submit({ where: 'volunteers' }), submit({ where: 'volunteers' })];
    await ticksPass();
    running.cancel();
    waiting.cancel();
    expect(await reasonOf(running.result)).toBe('cancelled');
    expect(await reasonOf(waiting.result)).toBe('cancelled');
    expect(one.cancelled).toEqual(one.started);
    expect(bench.dispatcher.inFlight + bench.dispatcher.queued).toBe(0);
    expect(bench.registry.counts).toMatchObject({ submitted: 2, cancelled: 2, failed: 0 });
  });

  test('an AbortSignal cancels, before and after submitting', async () => {
    volunteer('one');
    const abort = new AbortController();
    const task = submit({ where: 'volunteers', signal: abort.signal });
    await ticksPass();
    abort.abort();
    expect(await reasonOf(task.result)).toBe('cancelled');
    expect(await reasonOf(submit({ signal: abort.signal }).result)).toBe('cancelled');
  });

  test('timeoutMs ends it even while it runs', async () => {
    volunteer('slow');
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await ticksPass();
    bench.clock.advance(49);
    bench.clock.advance(1);
    expect(await reasonOf(task.result)).toBe('timeout');
  });

  test('without volunteers it waits up to timeoutMs and fails with no-volunteer', async () => {
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await ticksPass();
    bench.clock.advance(50);
    expect(await reasonOf(task.result)).toBe('no-volunteer');
  });

  test('a volunteer that connects later takes a waiting task', async () => {
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await ticksPass();
    const late = volunteer('late');
    await ticksPass();
    late.end(late.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'late' } });
  });

  test('an unawaited task causes no unhandled rejection, and a bad input rejects only its own promise', async () => {
    const noBytes = () => ({ bytes: 'no' });
    const bad = bench.registry.submit('echo', noBytes, { where: 'auto' }, () => ({}));
    const unknown = bench.registry.submit(
      'teleport',
      () => ({}),
      { where: 'auto' },
      () => ({}),
    );
    await ticksPass();
    expect(await reasonOf(bad.result)).toBe('bad-input');
    expect(await reasonOf(unknown.result)).toBe('unknown-task');
  });

  test('a full queue refuses tasks, and ready() resolves when it has room', async () => {
    const tasks = Array.from({ length: JOB_QUEUE.maxJobs }, () => submit({ where: 'volunteers' }));
    expect(await reasonOf(submit({ where: 'volunteers' }).result)).toBe('queue-full');
    let isReady = false;
    const ready = bench.dispatcher.ready().then(() => {
      isReady = true;
    });
    await ticksPass();
    expect(isReady).toBe(false);
    for (const task of tasks) task.cancel();
    await ready;
    expect(isReady).toBe(true);
  });

  test('closing the client resolves ready()', async () => {
    for (let count = 0; count < JOB_QUEUE.maxJobs; count++) submit({ where: 'volunteers' });
    const ready = bench.dispatcher.ready();
    bench.dispatcher.dispose(MeshError.closed('The test'));
    await expect(ready).resolves.toBeUndefined();
  });
});

describe('results by id', () => {
  test('can be awaited, are kept for a while, and are then forgotten', async () => {
    const one = volunteer('one');
    const { id } = submit({ where: 'volunteers' }, 9);
    await ticksPass();
    const awaited = bench.registry.result(id, undefined);
    one.end(one.started[0]);
    await expect(awaited).resolves.toMatchObject({ bytes: new Uint8Array([9]) });
    bench.clock.advance(ENDED_TASK_LIMITS.keptMs - 1_000);
    await expect(bench.registry.result(id, undefined)).resolves.toMatchObject({ bytes: new Uint8Array([9]) });
    bench.clock.advance(2_000);
    expect(await reasonOf(bench.registry.result(id, undefined))).toBe('bad-input');
  });

  test('a result that cannot be given is a failure, of which the reason is kept', async () => {
    const one = volunteer('one');
    const impossible = () => {
      throw MeshError.badInput('None of the outputs goes on from an input.');
    };
    const { id, result } = bench.registry.submit(
      'echo',
      () => ({ bytes: new Uint8Array(1) }),
      { where: 'volunteers' },
      impossible,
    );
    await ticksPass();
    one.end(one.started[0]);
    await expect(result).rejects.toThrow(/None of the outputs/);
    await expect(bench.registry.result(id, undefined)).rejects.toThrow(/None of the outputs/);
    expect(bench.registry.counts).toMatchObject({ completed: 0, failed: 1 });
  });

  test('a timeout ends the waiting, not the task', async () => {
    const one = volunteer('one');
    const { id } = submit({ where: 'volunteers' });
    await ticksPass();
    const impatient = bench.registry.result(id, 20);
    bench.clock.advance(20);
    expect(await reasonOf(impatient)).toBe('timeout');
    one.end(one.started[0]);
    await expect(bench.registry.result(id, undefined)).resolves.toMatchObject({ timing: { ranOn: 'one' } });
  });
});
