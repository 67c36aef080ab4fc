import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { DutyCycle, SHARE_WINDOW_MS } from './duty-cycle.ts';
import { nextMacrotask, Schedule, SLICE_MS, type TimeSlot } from './schedule.ts';

const never = new AbortController().signal;
const SPAN_MS = 30_000;
const SHARES = [0.1, 0.25, 0.5];

function start(share: number) {
  const clock = new ManualClock();
  const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
  const schedule = new Schedule({ now: () => clock.now(), after, yieldToEventLoop: nextMacrotask });
  schedule.share = share;
  return { clock, schedule };
}

/** Lets work go on, and time pass while all of it waits. */
async function runFor(clock: ManualClock, spanMs: number): Promise<void> {
  while (clock.now() < spanMs) {
    await nextMacrotask();
    clock.advanceToNext();
  }
}

test.each(SHARES)('under full demand of tasks for 30 s, a share of %s is kept within 10 %', async (share) => {
  const { clock, schedule } = start(share);
  const busyMs = new Map<number, number>();
  const compute = (ms: number) => {
    const window = Math.floor(clock.now() / SHARE_WINDOW_MS);
    busyMs.set(window, (busyMs.get(window) ?? 0) + ms);
    clock.advance(ms);
  };
  const long = async (slot: TimeSlot) => {
    for (let slice = 0; slice < 20; slice++) {
      compute(SLICE_MS);
      await slot.yieldNow();
    }
    return { isDone: true, finish: async () => {} };
  };
  const submit = (): void => void schedule.task('a', never, long).then(submit, () => {});
  for (let i = 0; i < 4; i++) submit();
  await runFor(clock, SPAN_MS);
  const usedMs = [...busyMs.values()].reduce((sum, ms) => sum + ms, 0);
  expect(Math.abs(usedMs / SPAN_MS / share - 1)).toBeLessThan(0.1);
  expect(schedule.busyMs).toBeCloseTo(usedMs, 0);
  for (const ms of busyMs.values()) expect(ms).toBeLessThanOrEqual(1.1 * share * SHARE_WINDOW_MS + SLICE_MS);
  schedule.dispose();
});

test.each(SHARES)('frames that a GPU finishes later keep a share of %s too, at an even pace', async (share) => {
  const { clock, schedule } = start(share);
  const startsMs: number[] = [];
  const frame = (): void => {
    const body = async () => {
      startsMs.push(clock.now());
      const done = new Promise<void>((resolve) => clock.after(12, resolve));
      return { isDone: false, finish: () => done };
    };
    void schedule.frame(body).then(frame, () => {});
  };
  frame();
  await runFor(clock, SPAN_MS);
  expect(Math.abs((startsMs.length * 12) / SPAN_MS / share - 1)).toBeLessThan(0.1);
  // Without what was saved up before the first ones.
  const gapsMs = startsMs.slice(10).map((atMs, i) => atMs - (startsMs[i + 9] ?? 0));
  expect(Math.max(...gapsMs)).toBeLessThanOrEqual(12 / share + 1);
  schedule.dispose();
});

test('where the GPU tells how long it computed, that counts and not the wait for its answer', async () => {
  const { clock, schedule } = start(0.25);
  let frames = 0;
  const frame = (): void => {
    const body = async () => {
      frames++;
      const done = new Promise<void>((resolve) => clock.after(12, resolve));
      return { isDone: false, finish: () => done, gpuMs: done.then(() => 4) };
    };
    void schedule.frame(body).then(frame, () => {});
  };
  frame();
  await runFor(clock, SPAN_MS);
  expect(Math.abs((frames * 4) / SPAN_MS / 0.25 - 1)).toBeLessThan(0.1);
  schedule.dispose();
});

test.each([
  ['0', 0],
  ['nothing', null],
  ['the age of the machine', 1e9],
])('where the GPU tells %s, the wait for its answer counts, and the share is kept', async (_what, saidMs) => {
  const { clock, schedule } = start(0.25);
  let frames = 0;
  const frame = (): void => {
    const body = async () => {
      frames++;
      const done = new Promise<void>((resolve) => clock.after(60, resolve));
      return { isDone: false, finish: () => done, gpuMs: done.then(() => saidMs) };
    };
    void schedule.frame(body).then(frame, () => {});
  };
  frame();
  await runFor(clock, SPAN_MS);
  expect(Math.abs((frames * 60) / SPAN_MS / 0.25 - 1)).toBeLessThan(0.1);
  schedule.dispose();
});

test('what measures the machine pauses before and after, not amid what it measures', async () => {
  const { clock, schedule } = start(0.1);
  const tookMs: number[] = [];
  const measure = () =>
    schedule.benchmark(async (slot) => {
      const startMs = clock.now();
      for (let slice = 0; slice < 5; slice++) {
        clock.advance(SLICE_MS);
        await slot.yieldNow();
      }
      tookMs.push(clock.now() - startMs);
      return { isDone: true, finish: async () => {} };
    });
  const both = Promise.all([measure(), measure()]);
  await runFor(clock, (5 * SLICE_MS) / 0.1);
  await both;
  expect(tookMs).toEqual([5 * SLICE_MS, 5 * SLICE_MS]);
  schedule.dispose();
});

test('what measures the machine in the background keeps to the share too, and work may come in between', async () => {
  const { clock, schedule } = start(0.25);
  const startsMs: number[] = [];
  const measuring = schedule.background(async (untilAllowed) => {
    for (let run = 0; run < 20; run++) {
      await untilAllowed();
      startsMs.push(clock.now());
      clock.advance(100);
    }
  });
  const task = schedule.task('a', never, async () => ({ isDone: true, finish: async () => clock.now() }));
  // All but the last run.
  await runFor(clock, 19 * 400);
  await measuring;
  expect(Math.abs((startsMs.at(-1) ?? 0) / (19 * 400) - 1)).toBeLessThan(0.1);
  expect(await task).toBeLessThan(1_000);
  expect(schedule.busyMs).toBe(2_000);
  schedule.dispose();
});

test('a larger share takes effect at once, and disposal ends the wait', async () => {
  const { clock, schedule } = start(0.1);
  const busy = async () => {
    clock.advance(500);
    return { isDone: true, finish: async () => clock.now() };
  };
  expect(await schedule.task('a', never, busy)).toBe(500);
  const next = schedule.task('a', never, busy);
  await nextMacrotask();
  schedule.share = 1;
  expect(await next).toBe(1_000);
  schedule.share = 0.1;
  await schedule.task('a', never, busy);
  const waiting = schedule.task('a', never, busy);
  await nextMacrotask();
  schedule.dispose();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  expect(clock.pending).toBe(0);
});

test('a night in which the machine was suspended amid a task is not waited for', () => {
  const clock = new ManualClock();
  const duty = new DutyCycle(() => clock.now());
  duty.share = 0.5;
  duty.begin();
  clock.advance(8 * 3_600_000);
  duty.end();
  expect(duty.waitMs).toBeLessThan(60_000);
});

test('work that blocks the thread for a minute is charged whole, as another thread saw the machine awake meanwhile', () => {
  const clock = new ManualClock();
  const duty = new DutyCycle(() => clock.now());
  duty.share = 0.1;
  clock.advance(1_500);
  duty.begin();
  clock.advance(60_000);
  duty.end();
  const seconds = Array.from({ length: 70 }, (_, second) => 1_000 * second);
  for (const fromMs of seconds) duty.wasAwake(fromMs, fromMs + 1_000);
  // Less what was saved before.
  expect(duty.waitMs).toBeCloseTo(60_000 / 0.1 - 60_000 - 100);
  expect(duty.busyMs).toBe(60_000);
});

test('work that overlaps counts once', () => {
  const clock = new ManualClock();
  const duty = new DutyCycle(() => clock.now());
  duty.begin();
  clock.advance(10);
  duty.begin();
  clock.advance(10);
  duty.end();
  duty.end();
  clock.advance(10);
  expect(duty.busyMs).toBe(20);
});
