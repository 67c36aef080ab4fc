import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { MAX_TASKS_IN_FLIGHT, nextMacrotask, Schedule, SLICE_MS, type Started, type TimeSlot } from './schedule.ts';
import { GUARANTEED_SHARE } from './work-shares.ts';

const never = new AbortController().signal;

function start(clock = new ManualClock()) {
  const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
  return new Schedule({ now: () => clock.now(), after, yieldToEventLoop: nextMacrotask });
}

/** Work that ends in its time slot. */
function done<T>(body: (slot: TimeSlot) => Promise<T>): (slot: TimeSlot) => Promise<Started<T>> {
  return async (slot) => {
    const value = await body(slot);
    return { isDone: true, finish: async () => value };
  };
}

/** A frame that ends in its time slot. */
const frameDone =
  <T>(body: () => Promise<T>) =>
  () =>
    done(body)({ signal: never, yieldNow: nextMacrotask });

test('work runs one at a time: frames before tasks, each in their order', async () => {
  const schedule = start();
  const order: string[] = [];
  let running = 0;
  const body = (name: string) => async () => {
    expect(++running).toBe(1);
    await nextMacrotask();
    running--;
    order.push(name);
  };
  await Promise.all([
    schedule.task('a', never, done(body('task 1'))),
    schedule.task('a', never, done(body('task 2'))),
    schedule.frame(frameDone(body('frame 1'))),
    schedule.frame(frameDone(body('frame 2'))),
  ]);
  expect(order).toEqual(['task 1', 'frame 1', 'frame 2', 'task 2']);
});

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

test('disposal ends a frame and a task that have yielded', async () => {
  const schedule = start();
  const forever = async (slot: TimeSlot): Promise<Started<void>> => {
    for (;;) await slot.yieldNow();
  };
  const both = [schedule.frame(forever), schedule.task('a', never, forever)];
  for (let n = 0; n < 5; n++) await nextMacrotask();
  schedule.dispose();
  for (const work of both) await expect(work).rejects.toMatchObject({ reason: 'closed' });
});

test('a long task yields to frames and goes on', async () => {
  const schedule = start();
  const order: string[] = [];
  const task = schedule.task(
    'a',
    never,
    done(async (slot) => {
      order.push('begins');
      await slot.yieldNow();
      order.push('goes on');
    }),
  );
  await Promise.all([task, schedule.frame(frameDone(async () => order.push('frame')))]);
  expect(order).toEqual(['begins', 'frame', 'goes on']);
});

test('a cancelled task leaves the queue, or ends where it yields next; others are not delayed', async () => {
  const schedule = start();
  const first = new AbortController();
  const second = new AbortController();
  let ended = false;
  const running = schedule.task('a', first.signal, async (slot) => {
    try {
      for (;;) await slot.yieldNow();
    } finally {
      ended = true;
    }
  });
  const waiting = schedule.task(
    'a',
    second.signal,
    done(async () => 'never'),
  );
  const last = schedule.task(
    'a',
    never,
    done(async () => 'done'),
  );
  second.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'cancelled' });
  first.abort();
  await expect(running).rejects.toMatchObject({ reason: 'cancelled' });
  expect(await last).toBe('done');
  expect(ended).toBe(true);
});

test('a failing task fails alone', async () => {
  const schedule = start();
  const failing = schedule.frame(() => Promise.reject(new Error('broken')));
  const next = schedule.frame(frameDone(async () => 'fine'));
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('fine');
});

test('waiting work is rejected when the schedule is disposed', async () => {
  const schedule = start();
  const running = schedule.task('a', never, done(nextMacrotask));
  const waiting = schedule.frame(frameDone(nextMacrotask));
  schedule.dispose();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  await running;
  await expect(schedule.frame(frameDone(nextMacrotask))).rejects.toMatchObject({ reason: 'closed' });
});

test('two gamers get the same time, however long the tasks of each', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const usedMs = { short: 0, long: 0 };
  const whenDone: Promise<unknown>[] = [];
  const share: number[] = [];
  const submit = (owner: 'short' | 'long', takesMs: number) => {
    const body = done(async () => {
      clock.advance(takesMs);
      usedMs[owner] += takesMs;
      if (clock.now() < 60) share.push(usedMs.long - usedMs.short);
    });
    for (let i = 0; i < 30; i++) whenDone.push(schedule.task(owner, new AbortController().signal, body));
  };
  submit('short', 1);
  submit('long', 20);
  await Promise.all(whenDone);
  expect(share.length).toBeGreaterThan(20);
  for (const aheadMs of share) expect(Math.abs(aheadMs)).toBeLessThanOrEqual(20);
});

test('between short tasks the event loop runs every few milliseconds, so that a frame does not wait for all of them', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const tasks = Array.from({ length: 30 }, () =>
    schedule.task(
      'a',
      new AbortController().signal,
      done(async () => clock.advance(3)),
    ),
  );
  let frameMs = 0;
  // What a message that arrives meanwhile would do.
  const message = nextMacrotask().then(() => schedule.frame(frameDone(async () => (frameMs = clock.now()))));
  await Promise.all([...tasks, message]);
  expect(clock.now()).toBe(90);
  expect(frameMs).toBeLessThanOrEqual(2 * (SLICE_MS + 3));
});

test('frames that interrupt a task are not charged to its gamer', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const order: string[] = [];
  const submit = (owner: string) =>
    schedule.task(
      owner,
      never,
      done(async (slot) => {
        order.push(owner);
        clock.advance(5);
        await slot.yieldNow();
        clock.advance(5);
      }),
    );
  const tasks = ['a', 'a', 'a', 'b', 'b', 'b'].map(submit);
  const frame = schedule.frame(frameDone(async () => clock.advance(1_000)));
  await Promise.all([...tasks, frame]);
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});

test('only a few tasks are unfinished at a time, a frame never waits for that, and each task pays for its own part', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const finishing: (() => void)[] = [];
  const started: string[] = [];
  const submit = (owner: string) =>
    schedule.task(owner, new AbortController().signal, async () => {
      started.push(owner);
      return { isDone: false, finish: () => new Promise<void>((resolve) => finishing.push(resolve)) };
    });
  const tasks = ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b'].map(submit);
  await nextMacrotask();
  expect(started).toHaveLength(MAX_TASKS_IN_FLIGHT);
  expect(await schedule.frame(frameDone(async () => 'frame'))).toBe('frame');
  for (let i = 0; i < tasks.length; i++) {
    clock.advance(10);
    finishing.shift()?.();
    await nextMacrotask();
  }
  await Promise.all(tasks);
  expect(started.slice(0, 6)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});

test('a cancelled task is rejected at once, and the machine is not given away before it is free', async () => {
  const schedule = start();
  const impatient = new AbortController();
  const ends: (() => void)[] = [];
  const finish = () => new Promise<void>((resolve) => ends.push(resolve));
  const cancelled = schedule.task('a', impatient.signal, async () => ({ isDone: false, finish }));
  const others = Array.from({ length: MAX_TASKS_IN_FLIGHT }, () =>
    schedule.task('b', never, async () => ({ isDone: false, finish })),
  );
  await nextMacrotask();
  impatient.abort();
  await expect(cancelled).rejects.toMatchObject({ reason: 'cancelled' });
  expect(ends).toHaveLength(MAX_TASKS_IN_FLIGHT);
  for (let i = 0; i <= MAX_TASKS_IN_FLIGHT; i++) {
    ends.shift()?.();
    await nextMacrotask();
  }
  await Promise.all(others);
});
