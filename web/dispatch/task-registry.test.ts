import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { reasonOf, TestBench } from './test-bench.ts';
import { turnsPass } from './test-runner.ts';
import { TASKS } from './tuning.ts';

let bench: TestBench;

beforeEach(() => {
  bench = new TestBench();
});

afterEach(() => bench.dispose());

const submit: TestBench['submit'] = (options, byte) => bench.submit(options, byte);
const volunteer: TestBench['volunteer'] = (id, types) => bench.volunteer(id, types);

describe('ending a task', () => {
  test('cancel ends it wherever it is and tells the runner', async () => {
    const one = volunteer('one');
    one.room = 1;
    const [running, waiting] = [submit({ where: 'volunteers' }), submit({ where: 'volunteers' })];
    await turnsPass();
    running.cancel();
    waiting.cancel();
    expect(await reasonOf(running.result)).toBe('cancelled');
    expect(await reasonOf(waiting.result)).toBe('cancelled');
    expect(one.cancelled).toEqual(one.started);
    expect(bench.dispatcher.inFlight + bench.dispatcher.queued).toBe(0);
    expect(bench.book.counts).toMatchObject({ submitted: 2, cancelled: 2, failed: 0 });
  });

  test('an AbortSignal cancels, before and after submitting', async () => {
    volunteer('one');
    const abort = new AbortController();
    const task = submit({ where: 'volunteers', signal: abort.signal });
    await turnsPass();
    abort.abort();
    expect(await reasonOf(task.result)).toBe('cancelled');
    expect(await reasonOf(submit({ signal: abort.signal }).result)).toBe('cancelled');
  });

  test('timeoutMs is hard', async () => {
    volunteer('slow');
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await turnsPass();
    bench.clock.advance(49);
    bench.clock.advance(1);
    expect(await reasonOf(task.result)).toBe('timeout');
  });

  test('volunteers without one: waits up to timeoutMs, then says that nobody was there', async () => {
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await turnsPass();
    bench.clock.advance(50);
    expect(await reasonOf(task.result)).toBe('no-volunteer');
  });

  test('a late volunteer takes what waits for one', async () => {
    const task = submit({ where: 'volunteers', timeoutMs: 50 });
    await turnsPass();
    const late = volunteer('late');
    await turnsPass();
    late.end(late.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'late' } });
  });

  test('a task nobody awaits raises no unhandled rejection, and a bad input rejects its own promise only', async () => {
    const noBytes = () => ({ bytes: 'no' });
    const bad = bench.book.submit('echo', noBytes, { where: 'auto' }, () => ({}));
    const unknown = bench.book.submit(
      'teleport',
      () => ({}),
      { where: 'auto' },
      () => ({}),
    );
    await turnsPass();
    expect(await reasonOf(bad.result)).toBe('bad-input');
    expect(await reasonOf(unknown.result)).toBe('unknown-task');
  });

  test('past its bound the queue refuses, and ready() tells when it has room', async () => {
    const tasks = Array.from({ length: TASKS.maxQueued }, () => submit({ where: 'volunteers' }));
    expect(await reasonOf(submit({ where: 'volunteers' }).result)).toBe('queue-full');
    let isReady = false;
    const ready = bench.dispatcher.ready().then(() => {
      isReady = true;
    });
    await turnsPass();
    expect(isReady).toBe(false);
    for (const task of tasks) task.cancel();
    await ready;
    expect(isReady).toBe(true);
  });

  test('a client that closes keeps nobody waiting for room', async () => {
    for (let count = 0; count < TASKS.maxQueued; count++) submit({ where: 'volunteers' });
    const ready = bench.dispatcher.ready();
    bench.dispatcher.dispose(MeshError.closed('The test'));
    await expect(ready).resolves.toBeUndefined();
  });
});

describe('results by id', () => {
  test('are awaited, kept for a while after the end, and then forgotten', async () => {
    const one = volunteer('one');
    const { id } = submit({ where: 'volunteers' }, 9);
    await turnsPass();
    const awaited = bench.book.result(id, undefined);
    one.end(one.started[0]);
    await expect(awaited).resolves.toMatchObject({ bytes: new Uint8Array([9]) });
    bench.clock.advance(TASKS.resultKeptMs - 1_000);
    await expect(bench.book.result(id, undefined)).resolves.toMatchObject({ bytes: new Uint8Array([9]) });
    bench.clock.advance(2_000);
    expect(await reasonOf(bench.book.result(id, undefined))).toBe('bad-input');
  });

  test('a timeout ends the waiting, not the task', async () => {
    const one = volunteer('one');
    const { id } = submit({ where: 'volunteers' });
    await turnsPass();
    const impatient = bench.book.result(id, 20);
    bench.clock.advance(20);
    expect(await reasonOf(impatient)).toBe('timeout');
    one.end(one.started[0]);
    await expect(bench.book.result(id, undefined)).resolves.toMatchObject({ timing: { ranOn: 'one' } });
  });
});
