import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { busyScene, painted, paintedBytes } from '../../shared/tasks/raytracing/test-scenes.ts';
import { type RaytracingParams, type RaytracingResult, raytracing } from '../../shared/tasks/raytracing.ts';
import type { Job, Timing } from './job.ts';
import type { SubmitOptions } from './task-registry.ts';
import { reasonOf, TestBench, TestVolunteer, ticksPass } from './test-bench.ts';

const scene = busyScene({ width: 96, height: 64 });
const whole = painted(raytracing.pack(scene));

let bench: TestBench;

beforeEach(() => {
  bench = new TestBench();
});
afterEach(() => bench.dispose());

/** A volunteer slow enough for the picture to be worth splitting. */
function painter(id: string, wholeMs = 1_000): TestVolunteer {
  const volunteer = new TestVolunteer(id, ['raytracing']);
  volunteer.msPerTask = 1;
  volunteer.msPerUnit = wholeMs / raytracing.cost(raytracing.pack(scene).params);
  bench.dispatcher.add(volunteer);
  return volunteer;
}

function submit(options: Partial<SubmitOptions> = {}) {
  const toResult = (value: unknown) => value as Record<string, unknown>;
  const task = bench.registry.submit('raytracing', () => scene, { where: 'volunteers', ...options }, toResult);
  // Sound: the registry's result is what the type's definition unpacked.
  return { ...task, result: task.result as Promise<unknown> as Promise<RaytracingResult & { timing: Timing }> };
}

/** Ends a job with the pixels it asks for. */
function paint(volunteer: TestVolunteer, job: Job | undefined, computeMs = 1): void {
  if (!job) throw new Error(`${volunteer.id} was given no such job`);
  const packed = paintedBytes(job.packed as PackedTask<RaytracingParams>);
  volunteer.end(job, { kind: 'done', result: { packed, backend: 'test', queueMs: 0, computeMs } });
}

function paintAll(volunteer: TestVolunteer): void {
  for (const job of volunteer.started) paint(volunteer, job);
}

const pixelsOf = ({ started }: TestVolunteer) => started.reduce((sum, { bytesIn }) => sum + bytesIn / 4, 0) / (96 * 64);

describe('a picture that several runners finish sooner than one', () => {
  test('is split among them, more parts for the faster, and equals the unsplit picture', async () => {
    const [fast, slow] = [painter('fast', 300), painter('slow', 900)];
    // Neither was measured yet, and each is by its own parts: no exploration is needed.
    for (const one of [fast, slow]) one.measuredMs = null;
    const task = submit();
    await ticksPass();
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
    expect(bench.registry.counts).toMatchObject({ submitted: 1, completed: 1 });
  });

  test('is cached as a whole, until a volunteer that computed a part of it is distrusted', async () => {
    const [one, two] = [painter('one'), painter('two')];
    const first = submit();
    await ticksPass();
    paintAll(one);
    paintAll(two);
    await first.result;
    expect((await submit().result).timing.ranOn).toBe('cache');
    const startedBefore = one.started.length;
    bench.deduplicator.evictByVolunteer('two');
    submit();
    await ticksPass();
    expect(one.started.length).toBeGreaterThan(startedBefore);
  });

  test('is finished by the others when one runner fails at its parts', async () => {
    const [good, bad] = [painter('good'), painter('bad')];
    const task = submit();
    await ticksPass();
    for (const job of bad.started) bad.end(job, { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
    await ticksPass();
    paintAll(good);
    const { image, timing } = await task.result;
    expect(image).toEqual(whole.image);
    expect(timing.attempts).toBe(2);
  });

  test('runs the parts again that a barred volunteer computed', async () => {
    const [good, bad] = [painter('good', 900), painter('bad', 300)];
    const task = submit();
    await ticksPass();
    const [first, ...others] = bad.started;
    expect(others.length).toBeGreaterThan(0);
    paint(bad, first);
    await ticksPass();
    for (const job of others) {
      const black = { value: null, attachments: [new Uint8Array(job.bytesIn)] };
      bad.end(job, { kind: 'done', result: { packed: black, backend: 'test', queueMs: 0, computeMs: 1 } });
    }
    await ticksPass(20);
    expect(bench.barred).toEqual(['bad']);
    const again = good.started.filter(({ packed }) => packed.params === first?.packed.params);
    expect(again).toHaveLength(1);
    paintAll(good);
    expect((await task.result).image).toEqual(whole.image);
  });

  test('cancels all its parts when it is cancelled or times out', async () => {
    const [one, two] = [painter('one'), painter('two')];
    const [cancelled, late] = [submit({ cache: false }), submit({ cache: false, timeoutMs: 50 })];
    await ticksPass();
    cancelled.cancel();
    expect(await reasonOf(cancelled.result)).toBe('cancelled');
    bench.clock.advance(50);
    expect(await reasonOf(late.result)).toBe('timeout');
    expect([one.held, two.held, bench.dispatcher.queued, bench.dispatcher.inFlight]).toEqual([0, 0, 0, 0]);
  });

  test('has the priority of the most urgent task that wants it', async () => {
    const [one, two] = [painter('one'), painter('two')];
    one.capacity = 0;
    two.capacity = 0;
    submit();
    submit({ priority: 5 });
    one.capacity = 8;
    bench.dispatcher.wake();
    await ticksPass();
    expect(one.started.length).toBeGreaterThan(0);
    for (const { priority } of one.started) expect(priority).toBe(5);
  });

  test('fails as a whole when one of its parts fails for good', async () => {
    const volunteers = [painter('one'), painter('two')];
    const task = submit();
    await ticksPass();
    for (let round = 0; round < 3; round++) {
      for (const volunteer of volunteers) {
        const job = volunteer.started.at(-1);
        volunteer.end(job, { kind: 'failed', error: new MeshError('volunteer-failed', 'no') });
      }
      await ticksPass();
    }
    expect(await reasonOf(task.result)).toBe('volunteer-failed');
    expect(volunteers.map(({ held }) => held)).toEqual([0, 0]);
  });
});

describe('not split is', () => {
  test('a task that only one runner can run', async () => {
    const only = painter('only');
    submit();
    await ticksPass();
    expect(only.started).toHaveLength(1);
  });

  test('a small task', async () => {
    const volunteers = [painter('one', 15), painter('two', 15)];
    submit();
    await ticksPass();
    expect(volunteers.flatMap(({ started }) => started)).toHaveLength(1);
  });

  test('a task that one runner finishes before the others could help', async () => {
    const [fast, slow] = [painter('fast', 100), painter('slow', 10_000)];
    submit();
    await ticksPass();
    expect([fast.started.length, slow.started.length]).toEqual([1, 0]);
  });

  test('a task submitted while enough jobs wait to keep everybody busy', async () => {
    const volunteers = [painter('one'), painter('two')];
    for (const volunteer of volunteers) volunteer.capacity = 0;
    submit({ cache: false });
    const waiting = bench.dispatcher.queued;
    submit({ cache: false });
    expect(bench.dispatcher.queued).toBe(waiting + 1);
  });
});
