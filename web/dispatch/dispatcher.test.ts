import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';
import { ATTEMPTS } from './job-state.ts';
import { reasonOf, TestBench, ticksPass } from './test-bench.ts';

let bench: TestBench;

beforeEach(() => {
  bench = new TestBench();
});

afterEach(() => bench.dispose());

const submit: TestBench['submit'] = (options, byte) => bench.submit(options, byte);
const volunteer: TestBench['volunteer'] = (id, types) => bench.volunteer(id, types);

describe('where a task runs', () => {
  test("'volunteers' never runs locally, even when that would be sooner", async () => {
    const [far] = [volunteer('far')];
    far.msPerTask = 1_000;
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    far.end(far.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'far', attempts: 1 } });
    expect(bench.engine.executed).toEqual([]);
  });

  test("'local' never runs on a volunteer", async () => {
    const idle = volunteer('idle');
    const task = submit({ where: 'local' });
    await ticksPass();
    bench.clock.advance(10);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'local' } });
    expect(idle.started).toEqual([]);
  });

  test("'auto' runs locally when there are no volunteers", async () => {
    const task = submit();
    await ticksPass();
    bench.clock.advance(10);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'local', backend: 'js' } });
  });

  test("'auto' picks the runner predicted to finish first, as the backlogs grow", async () => {
    const [fast, slow] = [volunteer('fast'), volunteer('slow', ['echo'])];
    fast.msPerTask = 10;
    slow.msPerTask = 35;
    const tasks = Array.from({ length: 8 }, () => submit({ where: 'volunteers' }));
    await ticksPass();
    // 10, 20, 30 on the fast one beat 35 on the slow one; then 40, 50, 60, 70 beat 70.
    expect([fast.started.length, slow.started.length]).toEqual([7, 1]);
    for (const task of tasks) task.cancel();
  });

  test('a task waits for a fast busy volunteer rather than going to a slow free one', async () => {
    const [fast, slow] = [volunteer('fast'), volunteer('slow')];
    fast.capacity = 1;
    fast.msPerTask = 10;
    slow.msPerTask = 1_000;
    submit({ where: 'volunteers' });
    submit({ where: 'volunteers' });
    await ticksPass();
    expect([fast.started.length, slow.started.length]).toEqual([1, 0]);
    fast.end(fast.started[0]);
    await ticksPass();
    expect([fast.started.length, slow.started.length]).toEqual([2, 0]);
  });

  test('only volunteers that can run the type are asked', async () => {
    const echoless = volunteer('echoless', ['upscale']);
    submit({ where: 'volunteers' });
    await ticksPass();
    expect(echoless.started).toEqual([]);
  });

  test('a higher priority goes first, then an earlier deadline', async () => {
    const one = volunteer('one');
    one.capacity = 1;
    submit({ where: 'volunteers' }, 1);
    submit({ where: 'volunteers', timeoutMs: 400 }, 2);
    submit({ where: 'volunteers', priority: 5 }, 3);
    for (let ended = 0; ended < 3; ended++) {
      await ticksPass();
      one.end(one.started[ended]);
    }
    expect(one.started.map(({ packed }) => packed.attachments[0]?.[0])).toEqual([3, 2, 1]);
  });
});

describe('when a volunteer does not deliver', () => {
  test('a task that fails there goes to another volunteer and not to the first again', async () => {
    const [bad, good] = [volunteer('bad'), volunteer('good')];
    good.msPerTask = 100;
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    bad.end(bad.started[0], { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
    await ticksPass();
    good.end(good.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good', attempts: 2 } });
    expect(bad.started.length).toBe(1);
    expect(bench.verdicts).toEqual([
      ['bad', false],
      ['good', true],
    ]);
    expect(bench.dispatcher.counts.redispatched).toBe(1);
  });

  test('a task that nobody can run is tried elsewhere and counts against no volunteer', async () => {
    const both = [volunteer('one'), volunteer('two')];
    const task = submit({ where: 'volunteers' });
    for (const reason of ['unknown-model', 'bad-input'] as const) {
      await ticksPass();
      const asked = both.find(({ held }) => held > 0);
      asked?.end(asked.started[0], { kind: 'failed', error: new MeshError(reason, 'The model takes something else.') });
    }
    await expect(task.result).rejects.toMatchObject({ reason: 'bad-input' });
    expect(both.map(({ started }) => started.length)).toEqual([1, 1]);
    expect(bench.verdicts).toEqual([]);
  });

  test('finding fault with a task that another does counts as a failure, before or after, but only where the result was checked', async () => {
    const [bad, good] = [volunteer('bad'), volunteer('good')];
    const fault = { kind: 'failed', error: new MeshError('bad-input', 'It takes something else.') } as const;
    const run = async () => {
      good.msPerTask = 100;
      const task = submit({ where: 'volunteers' });
      await ticksPass();
      bad.end(bad.started.at(-1), fault);
      await ticksPass();
      good.end(good.started.at(-1));
      await task.result;
      // An exploration.
      good.msPerTask = 1;
      bad.measuredMs = null;
      const explored = submit({ where: 'volunteers' });
      await ticksPass();
      good.end(good.started.at(-1));
      await explored.result;
      bad.end(bad.started.at(-1), fault);
      bad.measuredMs = Number.POSITIVE_INFINITY;
      return bench.verdicts.splice(0).filter(([id]) => id === 'bad');
    };
    expect(await run()).toEqual([
      ['bad', false],
      ['bad', false],
    ]);
    for (let n = 0; n < PROBATION_RESULTS; n++) bench.trust.right('good', 'echo');
    bench.random = () => 1;
    expect(await run()).toEqual([]);
  });

  test('a file that a volunteer cannot fetch counts against nobody, and a link that breaks counts against its volunteer', async () => {
    const [first, second] = [volunteer('first'), volunteer('second')];
    const image = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
    const input = () => ({ image, width: 4, height: 4, quality: 'fast' });
    // Not cached: the first key of a process is computed for an unknown time.
    const options = { where: 'volunteers', cache: false } as const;
    const task = bench.registry.submit('upscale', input, options, (value) => ({ value }));
    for (const kind of ['failed', 'lost'] as const) {
      await ticksPass();
      const asked = [first, second].find(({ held }) => held > 0);
      asked?.end(asked.started[0], { kind, error: new MeshError('connection-failed', 'The network is away.') });
    }
    bench.dispatcher.remove(first);
    bench.dispatcher.remove(second);
    await expect(task.result).rejects.toMatchObject({ reason: 'connection-failed' });
    expect(bench.verdicts).toHaveLength(1);
  });

  test('a network that is said to be away counts against the volunteer of a task that needs none', async () => {
    const liar = volunteer('liar');
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    liar.end(liar.started[0], { kind: 'failed', error: new MeshError('connection-failed', 'The network is away.') });
    bench.dispatcher.remove(liar);
    await expect(task.result).rejects.toMatchObject({ reason: 'connection-failed' });
    expect(bench.verdicts).toEqual([['liar', false]]);
  });

  test('a result of the wrong shape counts as a failure of the volunteer', async () => {
    const [liar, good] = [volunteer('liar'), volunteer('good')];
    good.msPerTask = 100;
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    const packed = { value: null, attachments: [new Uint8Array(7)] };
    liar.end(liar.started[0], { kind: 'done', result: { packed, backend: 'x', queueMs: 0, computeMs: 0 } });
    await ticksPass();
    good.end(good.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'good' } });
  });

  test("'auto' runs a task locally after too many failed attempts on volunteers", async () => {
    const many = Array.from({ length: ATTEMPTS.maxFailures + 1 }, (_, index) => volunteer(`v${index}`));
    for (const one of many) one.msPerTask = 0;
    // Otherwise the first task would also run locally, as an exploration.
    await bench.warmUp();
    const task = submit();
    for (let attempt = 0; attempt < ATTEMPTS.maxFailures; attempt++) {
      await ticksPass();
      const asked = many.find(
        ({ id, started }) => started.length > 0 && !bench.verdicts.some(([judged]) => judged === id),
      );
      asked?.end(asked.started[0], { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
    }
    await ticksPass();
    bench.clock.advance(10);
    await expect(task.result).resolves.toMatchObject({
      timing: { ranOn: 'local', attempts: ATTEMPTS.maxFailures + 1 },
    });
    expect(many.filter(({ started }) => started.length > 0).length).toBe(ATTEMPTS.maxFailures);
  });

  test("'volunteers' fails with the last reason when the only volunteer cannot run the task", async () => {
    const bad = volunteer('bad');
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    bad.end(bad.started[0], { kind: 'failed', error: new MeshError('unknown-model', 'no such model') });
    expect(await reasonOf(task.result)).toBe('unknown-model');
  });

  test('a volunteer that only lost its connection may get the task again', async () => {
    const first = volunteer('flaky');
    const task = submit({ where: 'volunteers' });
    await ticksPass();
    bench.dispatcher.remove(first);
    first.end(first.started[0], { kind: 'lost', error: MeshError.closed('The link') });
    await ticksPass();
    const again = volunteer('flaky');
    await ticksPass();
    again.end(again.started[0]);
    await expect(task.result).resolves.toMatchObject({ timing: { ranOn: 'flaky', attempts: 2 } });
  });

  test('handing a task back is no failed attempt, up to a limit', async () => {
    const pausing = volunteer('pausing');
    const task = submit({ where: 'volunteers' });
    for (let round = 0; round <= ATTEMPTS.maxReturns; round++) {
      await ticksPass();
      pausing.end(pausing.started[round], { kind: 'returned' });
    }
    expect(await reasonOf(task.result)).toBe('volunteer-failed');
    expect(pausing.started.length).toBe(ATTEMPTS.maxReturns + 1);
  });

  test("'local' fails with the reason of the local failure", async () => {
    bench.engine.failure = new MeshError('bad-input', 'cannot');
    const task = submit({ where: 'local' });
    await ticksPass();
    bench.clock.advance(10);
    expect(await reasonOf(task.result)).toBe('bad-input');
  });
});

test('the stages of a task add up to its total', async () => {
  const one = volunteer('one');
  const task = submit({ where: 'volunteers' });
  await ticksPass();
  bench.clock.advance(30);
  one.end(one.started[0]);
  const { timing } = await task.result;
  expect(timing.queueMs + timing.sendMs + timing.computeMs + timing.receiveMs).toBeCloseTo(timing.totalMs);
  expect(timing).toMatchObject({ totalMs: 30, computeMs: 1 });
});
