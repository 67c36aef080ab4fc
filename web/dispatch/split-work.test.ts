import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { busyScene, painted, paintedBytes } from '../../shared/tasks/raytracing/test-scenes.ts';
import { type RaytracingParams, type RaytracingResult, raytracing } from '../../shared/tasks/raytracing.ts';
import type { Job } from './job.ts';
import { prepareTaskKeys } from './task-key.ts';
import type { BookOptions } from './task-registry.ts';
import { reasonOf, TestBench } from './test-bench.ts';
import { TestVolunteer, turnsPass } from './test-runner.ts';
import type { Timing } from './timing.ts';

const scene = busyScene({ width: 96, height: 64 });
const whole = painted(raytracing.pack(scene));

let bench: TestBench;

beforeAll(prepareTaskKeys);
beforeEach(() => {
  bench = new TestBench();
});
afterEach(() => bench.dispose());

/** Slow enough for the picture to be worth splitting. */
function painter(id: string, wholeMs = 1_000): TestVolunteer {
  const volunteer = new TestVolunteer(id, ['raytracing']);
  volunteer.msPerTask = 1;
  volunteer.msPerUnit = wholeMs / raytracing.cost(raytracing.pack(scene).params);
  bench.dispatcher.add(volunteer);
  return volunteer;
}

function submit(options: Partial<BookOptions> = {}) {
  const toResult = (value: unknown) => value as Record<string, unknown>;
  const task = bench.book.submit('raytracing', () => scene, { where: 'volunteers', ...options }, toResult);
  // Sound: the book gives a task what its type's definition made of it.
  return { ...task, result: task.result as Promise<unknown> as Promise<RaytracingResult & { timing: Timing }> };
}

/** Ends what a volunteer holds with the pixels it was asked for. */
function paint(volunteer: TestVolunteer, job: Job | undefined, computeMs = 1): void {
  if (!job) throw new Error(`${volunteer.id} was given no such job`);
  const result = paintedBytes(job.packed as PackedTask<RaytracingParams>);
  volunteer.end(job, { kind: 'result', result, backend: 'test', queueMs: 0, computeMs });
}

function paintAll(volunteer: TestVolunteer): void {
  for (const job of volunteer.started) paint(volunteer, job);
}

const pixelsOf = ({ started }: TestVolunteer) => started.reduce((sum, { bytesIn }) => sum + bytesIn / 4, 0) / (96 * 64);

describe('a picture that several paint sooner than one', () => {
  test('is painted by all of them, the faster the more, and comes out as in one', async () => {
    const [fast, slow] = [painter('fast', 300), painter('slow', 900)];
    // Nobody knows them yet, and each tells by its own parts.
    for (const one of [fast, slow]) one.measuredMs = null;
    const task = submit();
    await turnsPass();
    expect(fast.started.length).toBeGreaterThan(slow.started.length);
    expect(slow.started.length).toBeGreaterThan(0);
    expect(pixelsOf(fast) + pixelsOf(slow)).toBe(1);
    bench.clock.advance(250);
    paintAll(fast);
    paintAll(slow);
    const { image, timing } = await task.result;
    expect(image).toEqual(whole.image);
    const { totalMs, queueMs, sendMs, computeMs, receiveMs } = timing;
    expect([totalMs, queueMs + sendMs + computeMs + receiveMs]).toEqual([250, 250]);
    expect(timing.attempts).toBe(1);
    expect(bench.book.counts).toMatchObject({ submitted: 1, completed: 1 });
  });

  test('is kept as a whole: an equal one comes from the cache, unless one of those who painted it is not believed any more', async () => {
    const [one, two] = [painter('one'), painter('two')];
    const first = submit();
    await turnsPass();
    paintAll(one);
    paintAll(two);
    await first.result;
    expect((await submit().result).timing.ranOn).toBe('cache');
    const startedBefore = one.started.length;
    bench.work.forgetFrom('two');
    submit();
    await turnsPass();
    expect(one.started.length).toBeGreaterThan(startedBefore);
  });

  test('with one runner that fails at its parts is painted by the others', async () => {
    const [good, bad] = [painter('good'), painter('bad')];
    const task = submit();
    await turnsPass();
    for (const job of bad.started) bad.end(job, { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
    await turnsPass();
    paintAll(good);
    const { image, timing } = await task.result;
    expect(image).toEqual(whole.image);
    expect(timing.attempts).toBe(2);
  });

  test('what a barred one had painted is painted again', async () => {
    const [good, bad] = [painter('good', 900), painter('bad', 300)];
    const task = submit();
    await turnsPass();
    const [first, ...others] = bad.started;
    expect(others.length).toBeGreaterThan(0);
    paint(bad, first);
    await turnsPass();
    for (const job of others) {
      const black = { value: null, attachments: [new Uint8Array(job.bytesIn)] };
      bad.end(job, { kind: 'result', result: black, backend: 'test', queueMs: 0, computeMs: 1 });
    }
    await turnsPass(20);
    expect(bench.barred).toEqual(['bad']);
    const again = good.started.filter(({ packed }) => packed.params === first?.packed.params);
    expect(again).toHaveLength(1);
    paintAll(good);
    expect((await task.result).image).toEqual(whole.image);
  });

  test('cancelled, or late, all its parts are', async () => {
    const [one, two] = [painter('one'), painter('two')];
    const [cancelled, late] = [submit({ cache: false }), submit({ cache: false, timeoutMs: 50 })];
    await turnsPass();
    cancelled.cancel();
    expect(await reasonOf(cancelled.result)).toBe('cancelled');
    bench.clock.advance(50);
    expect(await reasonOf(late.result)).toBe('timeout');
    expect([one.held, two.held, bench.dispatcher.queued, bench.dispatcher.inFlight]).toEqual([0, 0, 0, 0]);
  });

  test('is as urgent as the most urgent that wants it', async () => {
    const [one, two] = [painter('one'), painter('two')];
    one.room = 0;
    two.room = 0;
    submit();
    submit({ priority: 5 });
    one.room = 8;
    bench.dispatcher.wake();
    await turnsPass();
    expect(one.started.length).toBeGreaterThan(0);
    for (const { priority } of one.started) expect(priority).toBe(5);
  });

  test('fails as a whole when a part of it fails for good', async () => {
    const volunteers = [painter('one'), painter('two')];
    const task = submit();
    await turnsPass();
    for (let round = 0; round < 3; round++) {
      for (const volunteer of volunteers) {
        const job = volunteer.started.at(-1);
        volunteer.end(job, { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
      }
      await turnsPass();
    }
    expect(await reasonOf(task.result)).toBe('volunteer-failed');
    expect(volunteers.map(({ held }) => held)).toEqual([0, 0]);
  });
});

describe('in one goes', () => {
  test('what only one can paint', async () => {
    const only = painter('only');
    submit();
    await turnsPass();
    expect(only.started).toHaveLength(1);
  });

  test('what is small', async () => {
    const volunteers = [painter('one', 15), painter('two', 15)];
    submit();
    await turnsPass();
    expect(volunteers.flatMap(({ started }) => started)).toHaveLength(1);
  });

  test('what one of them paints sooner than the others could help', async () => {
    const [fast, slow] = [painter('fast', 100), painter('slow', 10_000)];
    submit();
    await turnsPass();
    expect([fast.started.length, slow.started.length]).toEqual([1, 0]);
  });

  test('what comes while enough waits for everybody', async () => {
    const volunteers = [painter('one'), painter('two')];
    for (const volunteer of volunteers) volunteer.room = 0;
    submit({ cache: false });
    const waiting = bench.dispatcher.queued;
    submit({ cache: false });
    expect(bench.dispatcher.queued).toBe(waiting + 1);
  });
});
