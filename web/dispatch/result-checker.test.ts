import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, Verification } from '../../shared/tasks/definition.ts';
import { SLICE_MS } from '../compute/schedule.ts';
import { CROSS_CHECK } from './cross-check-eligibility.ts';
import { ENDED_TASK_LIMITS } from './ended-task-outcomes.ts';
import type { AttemptResult, Job, Outcome } from './job.ts';
import { type CheckedJob, COMPARISON_LIMIT_MS, Verifier } from './result-checker.ts';
import { TestBench, ticksPass } from './test-bench.ts';

describe('a volunteer that cheats', () => {
  let bench: TestBench;

  beforeEach(() => {
    bench = new TestBench();
  });

  /** Nothing that a wrong result started may be left over. */
  afterEach(() => {
    expect([bench.registry.running, bench.dispatcher.inFlight, bench.dispatcher.queued]).toEqual([0, 0, 0]);
    bench.clock.advance(ENDED_TASK_LIMITS.keptMs);
    expect(bench.clock.pending).toBe(0);
    bench.dispose();
  });

  test('gets its wrong result rejected and no more work, and the task runs again elsewhere', async () => {
    const cheat = bench.volunteer('cheat');
    const task = bench.submit({ where: 'volunteers' }, 7);
    await ticksPass();
    const good = bench.volunteer('good');
    cheat.end(cheat.started[0], wrong(jobOf(cheat.started)));
    await ticksPass();
    good.end(good.started[0]);
    await expect(task.result).resolves.toMatchObject({ bytes: new Uint8Array([7]), timing: { ranOn: 'good' } });
    expect(bench.barred).toEqual(['cheat']);
    expect(bench.verdicts).toEqual([
      ['cheat', false],
      ['good', true],
    ]);
    expect(bench.trust.wrongAnswers).toBe(1);

    const next = bench.submit({ where: 'volunteers' }, 8);
    await ticksPass();
    expect([cheat.started.length, good.started.length]).toEqual([1, 2]);
    good.end(good.started[1]);
    await next.result;
  });

  test('has the tasks it holds started elsewhere at once, and its later results are ignored', async () => {
    const cheat = bench.volunteer('cheat');
    const tasks = [1, 2, 3].map((byte) => bench.submit({ where: 'volunteers' }, byte));
    await ticksPass();
    const good = bench.volunteer('good');
    const [first, second, third] = cheat.started;
    cheat.end(first, wrong(jobOf(cheat.started)));
    await ticksPass();
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

  test('gets no work after it reconnects; with nobody else the task fails with a reason', async () => {
    const cheat = bench.volunteer('cheat');
    const task = bench.submit({ where: 'volunteers' }, 7);
    await ticksPass();
    cheat.end(cheat.started[0], wrong(jobOf(cheat.started)));
    await expect(task.result).rejects.toMatchObject({ reason: 'verify-failed' });
    const again = bench.volunteer('cheat');
    const next = bench.submit({ where: 'volunteers', timeoutMs: 100 }, 8);
    await ticksPass();
    expect(again.started).toEqual([]);
    bench.clock.advance(100);
    await expect(next.result).rejects.toMatchObject({ reason: 'no-volunteer' });
  });

  test('has its earlier unchecked results removed from the cache', async () => {
    const bytes = (byte: number) => new Uint8Array([byte]);
    bench.random = () => 0.999;
    const cheat = bench.volunteer('cheat');
    const done = async (byte: number, outcome?: Outcome<AttemptResult>) => {
      const task = bench.submitBytes(bytes(byte), { where: 'volunteers' });
      await ticksPass();
      cheat.end(cheat.started.at(-1), outcome);
      return task.result;
    };
    for (let n = 0; n < PROBATION_RESULTS; n++) await done(n);
    const unchecked = bench.submitBytes(bytes(100), { where: 'volunteers' });
    await ticksPass();
    cheat.end(cheat.started.at(-1), wrong(jobOf(cheat.started.slice(-1))));
    // Delivered, because it was not checked.
    await expect(unchecked.result).resolves.toMatchObject({ bytes: bytes(101) });

    bench.random = () => 0;
    const caught = bench.submitBytes(bytes(50), { where: 'volunteers' });
    await ticksPass();
    cheat.end(cheat.started.at(-1), wrong(jobOf(cheat.started.slice(-1))));
    await expect(caught.result).rejects.toMatchObject({ reason: 'verify-failed' });
    bench.deduplicator.evictByVolunteer('cheat');
    const good = bench.volunteer('good');
    const asked = bench.submitBytes(bytes(100), { where: 'volunteers' });
    await ticksPass();
    for (const job of good.started) good.end(job);
    await expect(asked.result).resolves.toMatchObject({ bytes: bytes(100), timing: { ranOn: 'good' } });
  });

  test('is barred by a check that ends after the task was cancelled; nobody else is asked during the check', async () => {
    const cheat = bench.volunteer('cheat');
    const good = bench.volunteer('good');
    const task = bench.submit({ where: 'volunteers' }, 7);
    await ticksPass();
    const [first] = [cheat, good].filter(({ started }) => started.length > 0);
    if (!first) throw new Error('nobody was asked');
    first.end(first.started[0], wrong(jobOf(first.started)));
    task.cancel();
    await ticksPass();
    await expect(task.result).rejects.toMatchObject({ reason: 'cancelled' });
    expect(bench.barred).toEqual([first.id]);
    expect(cheat.started.length + good.started.length).toBe(1);
  });
});

describe('an honest volunteer', () => {
  const outputs = (...values: number[]): PackedResult => ({
    value: { outputs: [{ name: 'y', type: 'float32', dims: [values.length] }] },
    attachments: [new Uint8Array(Float32Array.from(values).buffer)],
  });
  const answer = (packed: PackedResult): Outcome<AttemptResult> => ({
    kind: 'done',
    result: { packed, backend: 'test', queueMs: 0, computeMs: 1 },
  });
  const input = { model: 'varying', inputs: { x: { type: 'float32', dims: [1], data: new Float32Array(1) } } };

  async function answered(bench: TestBench, ids: string[], given: PackedResult) {
    const volunteers = ids.map((id) => bench.volunteer(id, ['infer']));
    const toResult = (value: unknown) => value as Record<string, unknown>;
    const task = bench.registry.submit('infer', () => input, { where: 'volunteers', cache: true }, toResult);
    for (let turn = 0; turn < 5; turn++) {
      await ticksPass();
      for (const volunteer of volunteers) for (const job of volunteer.started) volunteer.end(job, answer(given));
    }
    return task.result;
  }

  test('is not barred by a model whose answer varies from run to run, and its answer is delivered unchecked', async () => {
    const bench = new TestBench();
    let run = 0;
    bench.compute = async () => outputs(++run * 10);
    expect(await answered(bench, ['honest'], outputs(1))).toMatchObject({ checked: false });
    expect([bench.barred, run]).toEqual([[], 2]);
    bench.dispose();
  });

  test('has its answer delivered unchecked where it is alone and this machine cannot run the model', async () => {
    const bench = new TestBench();
    bench.compute = async () => {
      throw new MeshError('connection-failed', 'The model cannot be fetched by this page.');
    };
    bench.random = () => 0.99;
    expect(await answered(bench, ['alone'], outputs(1))).toMatchObject({ checked: false });
    expect([bench.barred, bench.clock.pending]).toEqual([[], 1]);
    bench.dispose();
  });

  test('is confirmed by one that this machine has checked often, and that came at another time', async () => {
    const bench = new TestBench();
    bench.compute = async () => outputs(7);
    bench.random = () => 0;
    const known = bench.volunteer('known', ['infer']);
    const toResult = (value: unknown) => value as Record<string, unknown>;
    const submit = () =>
      bench.registry.submit('infer', () => input, { where: 'volunteers', cache: false }, toResult).result;
    for (let n = 0; n < CROSS_CHECK.confirmedHere; n++) {
      const result = submit();
      await ticksPass();
      known.end(known.started.at(-1), answer(outputs(7)));
      await result;
    }
    bench.clock.advance(CROSS_CHECK.apartMs);
    bench.random = () => 0.99;
    bench.compute = async () => {
      throw new Error('this machine is not asked');
    };
    known.isAccepting = false;
    const newcomer = bench.volunteer('newcomer', ['infer']);
    const result = submit();
    await ticksPass();
    known.isAccepting = true;
    newcomer.end(newcomer.started[0], answer(outputs(1)));
    await ticksPass();
    known.end(known.started.at(-1), answer(outputs(1)));
    expect(await result).toMatchObject({ checked: true, timing: { ranOn: 'newcomer' } });
    expect(known.started).toHaveLength(CROSS_CHECK.confirmedHere + 1);
    bench.dispose();
  });

  test('is confirmed by this machine, not by another newcomer that connected at the same time', async () => {
    const bench = new TestBench();
    bench.random = () => 0.99;
    let run = 0;
    bench.compute = async () => {
      run++;
      return outputs(7);
    };
    await expect(answered(bench, ['one', 'accomplice'], outputs(1))).rejects.toMatchObject({ reason: 'verify-failed' });
    expect([bench.barred.length, run >= 2]).toEqual([2, true]);
    bench.dispose();
  });
});

describe('a check', () => {
  test('rejects a result that makes it throw', async () => {
    const { verifier } = verifierWith(async () => nothing);
    const stumbling = jobWith(function* () {
      yield;
      throw new RangeError('an index that a result made');
    });
    expect(await verifier.check(stumbling, {}, 'v')).toMatchObject({
      kind: 'wrong',
      error: { reason: 'verify-failed' },
    });
  });

  test('is undecided when this machine cannot compute the comparison', async () => {
    const { verifier } = verifierWith(async () => {
      throw new MeshError('connection-failed', 'The network could not be loaded.');
    });
    const asking = jobWith(function* () {
      yield { task: packed, by: 'us' };
    });
    expect(await verifier.check(asking, {}, 'v')).toEqual({ kind: 'unchecked' });
  });

  test('does not let the volunteer replicate its own result', async () => {
    const asked: string[] = [];
    const { verifier } = verifierWith(async () => nothing, asked);
    const replicating = jobWith(function* () {
      expect(yield { task: packed, by: 'another' }).toBe(nothing);
    });
    expect(await verifier.check(replicating, {}, 'v')).toEqual({ kind: 'right', isOurs: false });
    expect(asked).toEqual(['v']);
  });

  test('keeps a result no longer than its limit where the comparison never comes', async () => {
    const { verifier, clock } = verifierWith(() => new Promise(() => {}));
    const asking = jobWith(function* () {
      yield { task: packed, by: 'us' };
    });
    const verdict = verifier.check(asking, {}, 'v');
    expect(clock.timers.map(({ delayMs }) => delayMs)).toEqual([COMPARISON_LIMIT_MS]);
    clock.timers[0]?.fire();
    expect(await verdict).toEqual({ kind: 'unchecked' });
    expect(clock.timers).toEqual([]);
  });

  test('rests between its slices, and counts its time', async () => {
    const { verifier, clock } = verifierWith(async () => nothing);
    const long = jobWith(function* () {
      for (let n = 0; n < 10; n++) {
        clock.nowMs += SLICE_MS / 2;
        yield;
      }
    });
    await verifier.check(long, {}, 'v');
    expect(clock.rests).toBe(5);
    expect(verifier.counts).toEqual({ checked: 1, checkedMs: 5 * SLICE_MS });
  });
});

/** The right echo with other bytes. */
function wrong({ packed }: Job): Outcome<AttemptResult> {
  const attachments = packed.attachments.map((bytes) => bytes.map((byte) => byte ^ 1));
  const result = { packed: { value: null, attachments }, backend: 'test', queueMs: 0, computeMs: 1 };
  return { kind: 'done', result };
}

function jobOf([job]: readonly Job[]): Job {
  if (!job) throw new Error('nothing was started');
  return job;
}

const packed = { params: {}, attachments: [] };
const nothing: PackedResult = { value: null, attachments: [] };

/** A job whose results are checked by `verify`. */
function jobWith(verify: () => Verification): CheckedJob {
  return { type: 'echo', packed, definition: { ...definitionOf('echo'), verify } };
}

function verifierWith(compute: () => Promise<PackedResult>, asked: string[] = []) {
  const clock: { nowMs: number; rests: number; timers: { delayMs: number; fire(): void }[] } = {
    ...{ nowMs: 0, rests: 0, timers: [] },
  };
  const verifier = new Verifier<CheckedJob>({
    now: () => clock.nowMs,
    random: () => 0,
    rest: async () => {
      clock.rests++;
    },
    after: (delayMs, fire) => {
      const timer = { delayMs, fire };
      clock.timers.push(timer);
      return () => clock.timers.splice(clock.timers.indexOf(timer), 1);
    },
    compute,
    replicate: async (_job, _task, notOn) => {
      asked.push(notOn);
      return nothing;
    },
  });
  return { verifier, clock };
}
