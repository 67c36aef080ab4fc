import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { RESULT_CACHE } from './result-cache.ts';
import { reasonOf, TestBench, type TestVolunteer, ticksPass } from './test-bench.ts';

let bench: TestBench;
let volunteer: TestVolunteer;

beforeEach(() => {
  bench = new TestBench();
  volunteer = bench.volunteer('one');
});

afterEach(() => bench.dispose());

const submit = (byte: number, options: Parameters<TestBench['submit']>[0] = {}) =>
  bench.submit({ where: 'volunteers', cache: true, ...options }, byte);

async function runOnce(byte: number) {
  const task = submit(byte);
  await ticksPass();
  volunteer.end(volunteer.started.at(-1));
  return task.result;
}

describe('a task whose result is known', () => {
  test('gets it from the cache', async () => {
    await runOnce(7);
    for (const where of ['volunteers', 'auto'] as const) {
      const { timing, bytes } = await submit(7, { where }).result;
      expect(timing).toMatchObject({ ranOn: 'cache', attempts: 0 });
      expect(bytes).toEqual(new Uint8Array([7]));
    }
    expect(volunteer.started).toHaveLength(1);
    expect(bench.deduplicator.hits).toBe(2);
    expect(bench.registry.counts).toMatchObject({ submitted: 3, completed: 3 });
  });

  test('is run if it must run locally and a volunteer computed the known result', async () => {
    await runOnce(7);
    const here = submit(7, { where: 'local' });
    await ticksPass();
    bench.clock.advance(bench.engine.msPerTask);
    await expect(here.result).resolves.toMatchObject({ timing: { ranOn: 'local' } });
    // The local result then serves everybody.
    await expect(submit(7, { where: 'local' }).result).resolves.toMatchObject({ timing: { ranOn: 'cache' } });
  });

  test('is run nevertheless with cache: false', async () => {
    await runOnce(7);
    submit(7, { cache: false });
    await ticksPass();
    expect(volunteer.started).toHaveLength(2);
  });

  test('gets its own copy of the bytes', async () => {
    const first = await runOnce(7);
    first.bytes[0] = 99;
    const second = await submit(7).result;
    expect(second.bytes[0]).toBe(7);
    second.bytes[0] = 98;
    expect((await submit(7).result).bytes[0]).toBe(7);
  });

  test('is not one with other bytes, nor one that failed', async () => {
    await runOnce(7);
    submit(8);
    await ticksPass();
    expect(volunteer.started).toHaveLength(2);
    const failing = submit(9);
    await ticksPass();
    volunteer.end(volunteer.started[2], { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
    await expect(failing.result).rejects.toThrow('no');
    bench.volunteer('another');
    const again = submit(9);
    await ticksPass();
    expect(await Promise.race([again.result.catch(() => 'failed'), ticksPass().then(() => 'running')])).toBe('running');
  });
});

describe('equal tasks under way', () => {
  test('share one run, and each gets its own copy of the bytes', async () => {
    const tasks = [submit(7), submit(7), submit(7)];
    await ticksPass();
    expect(volunteer.started).toHaveLength(1);
    volunteer.end(volunteer.started[0]);
    const results = await Promise.all(tasks.map(({ result }) => result));
    expect(results.map(({ timing }) => timing.ranOn)).toEqual(['one', 'cache', 'cache']);
    expect(new Set(results.map(({ bytes }) => bytes.buffer)).size).toBe(3);
    expect(bench.deduplicator.hits).toBe(2);
  });

  test('fail together', async () => {
    const tasks = [submit(7), submit(7)];
    await ticksPass();
    volunteer.end(volunteer.started[0], { kind: 'failed', error: new MeshError('unknown-model', 'no') });
    expect(await Promise.all(tasks.map(({ result }) => reasonOf(result)))).toEqual(['unknown-model', 'unknown-model']);
  });

  test('keep their run when one of them is cancelled; the last one ends it', async () => {
    const [first, second] = [submit(7), submit(7)];
    await ticksPass();
    first.cancel();
    await ticksPass();
    expect(await reasonOf(first.result)).toBe('cancelled');
    expect(volunteer.cancelled).toEqual([]);
    second.cancel();
    expect(await reasonOf(second.result)).toBe('cancelled');
    expect(volunteer.cancelled).toEqual(volunteer.started);
    expect(bench.dispatcher.inFlight).toBe(0);
    // A third task starts a new run.
    submit(7);
    await ticksPass();
    expect(volunteer.started).toHaveLength(2);
  });

  test('report the progress of their one run to every listener, until it leaves', async () => {
    const received: string[] = [];
    const listening = (name: string) => ({
      onProgress: ({ share }: { share: number }) => received.push(`${name} ${share}`),
    });
    const first = submit(8, listening('first'));
    const second = submit(8, listening('second'));
    submit(8);
    await ticksPass();
    const [job] = volunteer.started;
    job?.onProgress?.({ stage: 'computing', share: 0.25 });
    await ticksPass();
    expect(received).toEqual(['first 0.25', 'second 0.25']);
    first.cancel();
    await expect(first.result).rejects.toMatchObject({ reason: 'cancelled' });
    job?.onProgress?.({ stage: 'computing', share: 0.5 });
    await ticksPass();
    expect(received.slice(2)).toEqual(['second 0.5']);
    volunteer.end(job);
    await second.result;
  });

  test('time out separately', async () => {
    const [patient, hasty] = [submit(7), submit(7, { timeoutMs: 20 })];
    await ticksPass();
    bench.clock.advance(20);
    expect(await reasonOf(hasty.result)).toBe('timeout');
    volunteer.end(volunteer.started[0]);
    await expect(patient.result).resolves.toMatchObject({ timing: { ranOn: 'one' } });
  });

  test('are run separately when their `where` differs: one must not wait for volunteers because another does', async () => {
    submit(7);
    const here = submit(7, { where: 'local' });
    await ticksPass();
    bench.clock.advance(bench.engine.msPerTask);
    await expect(here.result).resolves.toMatchObject({ timing: { ranOn: 'local' } });
  });

  test('run with the highest of their priorities', async () => {
    volunteer.capacity = 0;
    submit(1, { priority: 5 });
    submit(2);
    submit(2, { priority: 9 });
    await ticksPass();
    volunteer.capacity = 1;
    bench.dispatcher.wake();
    await ticksPass();
    expect(volunteer.started[0]?.packed.attachments[0]).toEqual(new Uint8Array([2]));
  });
});

describe('a large task, whose key is computed asynchronously,', () => {
  const large = (byte: number) => new Uint8Array(RESULT_CACHE.syncHashBytes + 1).fill(byte);
  const submitLarge = (byte: number) => bench.submitBytes(large(byte), { where: 'volunteers' });

  async function hashed() {
    while (bench.deduplicator.awaitingKey > 0) await ticksPass(1);
    await ticksPass();
  }

  test('shares runs and results too', async () => {
    const tasks = [submitLarge(1), submitLarge(1)];
    await hashed();
    expect(volunteer.started).toHaveLength(1);
    volunteer.end(volunteer.started[0]);
    await Promise.all(tasks.map(({ result }) => result));
    await expect(submitLarge(1).result).resolves.toMatchObject({ timing: { ranOn: 'cache' } });
  });

  test('can be cancelled before it has a key', async () => {
    const task = submitLarge(1);
    task.cancel();
    expect(await reasonOf(task.result)).toBe('cancelled');
    await hashed();
    expect(volunteer.started).toEqual([]);
    expect(bench.registry.running).toBe(0);
  });

  test('counts as queued meanwhile, and ends when the client closes', async () => {
    const task = submitLarge(1);
    expect(bench.dispatcher.queued).toBe(1);
    bench.dispose();
    expect(await reasonOf(task.result)).toBe('closed');
    expect([bench.dispatcher.queued, bench.deduplicator.awaitingKey]).toEqual([0, 0]);
    expect(await reasonOf(submitLarge(2).result)).toBe('closed');
  });
});
