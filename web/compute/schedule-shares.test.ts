// How frames and tasks share the machine.
import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { GUARANTEED_SHARE } from './class-scheduler.ts';
import { nextMacrotask, type Schedule, SLICE_MS } from './schedule.ts';
import { done, never, start } from './test-schedule.ts';

/** A stream of frames that each take `takesMs`, in slices, and never end: the next one waits before one is done. */
function streamOf(schedule: Schedule, clock: ManualClock, takesMs: number) {
  const stream = { done: 0, usedMs: 0, isOver: false };
  const submit = (): void => {
    const frame = schedule.frame(async (slot) => {
      for (let leftMs = takesMs; leftMs > 0; leftMs -= SLICE_MS) {
        clock.advance(Math.min(SLICE_MS, leftMs));
        stream.usedMs += Math.min(SLICE_MS, leftMs);
        await slot.yieldNow();
      }
      stream.done++;
      if (!stream.isOver) submit();
      return { isDone: true, finish: async () => {} };
    });
    frame.catch(() => {});
  };
  submit();
  submit();
  return stream;
}

test('a small task waits for a slice of a frame, not for the frame and those behind it', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const stream = streamOf(schedule, clock, 500);
  const waitsMs: number[] = [];
  for (let n = 0; n < 20; n++) {
    const dueMs = clock.now() + 50;
    while (clock.now() < dueMs) await nextMacrotask();
    const submittedMs = clock.now();
    await schedule.task(
      'game',
      never,
      done(async () => {
        waitsMs.push(clock.now() - submittedMs);
        clock.advance(5);
      }),
    );
  }
  stream.isOver = true;
  expect(Math.max(...waitsMs)).toBeLessThanOrEqual(SLICE_MS);
  expect(stream.usedMs).toBeGreaterThan(20 * 50 - 20 * SLICE_MS);
});

test('a small task need not wait for a long one, nor the long one for a series of small ones', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const order: string[] = [];
  const long = schedule.task(
    'hangar',
    never,
    done(async (slot) => {
      for (let slice = 0; slice < 10; slice++) {
        clock.advance(SLICE_MS);
        order.push('long');
        await slot.yieldNow();
      }
    }),
  );
  await nextMacrotask();
  const small = Array.from({ length: 20 }, () =>
    schedule.task(
      'hangar',
      new AbortController().signal,
      done(async () => order.push('small')),
    ),
  );
  await Promise.all([long, ...small]);
  expect(order.slice(2, 8)).toEqual(['small', 'long', 'small', 'long', 'small', 'long']);
});

test('while both never end, frames and tasks get their guaranteed shares, and neither waits long', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const stream = streamOf(schedule, clock, 100);
  let tasksMs = 0;
  let longestGapMs = 0;
  let lastMs = 0;
  let isOver = false;
  const submit = (): Promise<void> =>
    schedule
      .task(
        'flood',
        never,
        done(async (slot) => {
          for (let slice = 0; slice < 40; slice++) {
            longestGapMs = Math.max(longestGapMs, clock.now() - lastMs);
            clock.advance(SLICE_MS);
            tasksMs += SLICE_MS;
            lastMs = clock.now();
            await slot.yieldNow();
          }
        }),
      )
      .then(() => (isOver ? undefined : submit()));
  const tasks = submit();
  while (clock.now() < 10_000) await nextMacrotask();
  const framesShare = stream.usedMs / clock.now();
  expect(framesShare).toBeGreaterThan(GUARANTEED_SHARE.frames - 0.01);
  expect(tasksMs / clock.now()).toBeGreaterThan(GUARANTEED_SHARE.tasks - 0.01);
  expect(longestGapMs).toBeLessThanOrEqual(5 * SLICE_MS);
  isOver = true;
  stream.isOver = true;
  await tasks;
});

test('a class that was idle has saved up nothing, and one that had the machine to itself owes nothing', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const long = done(async (slot) => {
    for (let slice = 0; slice < 1_000; slice++) {
      clock.advance(SLICE_MS);
      await slot.yieldNow();
    }
  });
  const aloneMs = 4_000;
  const task = schedule.task('a', never, long);
  while (clock.now() < aloneMs) await nextMacrotask();
  const stream = streamOf(schedule, clock, 16);
  const until = clock.now() + 400;
  while (clock.now() < until) await nextMacrotask();
  // Neither does the task stand still for the seconds that it was alone, nor the stream.
  expect(stream.usedMs / 400).toBeGreaterThan(GUARANTEED_SHARE.frames - 0.05);
  expect(stream.usedMs / 400).toBeLessThan(GUARANTEED_SHARE.frames + 0.05);
  stream.isOver = true;
  await task;
});

test('what measures the machine is not interrupted by frames, whose time it would count', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const stream = streamOf(schedule, clock, 100);
  const tookMs = await schedule.benchmark(async (slot) => {
    const startMs = clock.now();
    for (let slice = 0; slice < 5; slice++) {
      clock.advance(SLICE_MS);
      await slot.yieldNow();
    }
    const tookMs = clock.now() - startMs;
    return { isDone: true, finish: async () => tookMs };
  });
  stream.isOver = true;
  expect(tookMs).toBe(5 * SLICE_MS);
});
