import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import {
  MAX_OFFLOADED_TASKS,
  MAX_TASKS_IN_FLIGHT,
  nextMacrotask,
  SLICE_MS,
  type Started,
  type TimeSlot,
} from './schedule.ts';
import { done, frameDone, never, start } from './test-schedule.ts';

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

test('a task that waits for another worker lets frames and tasks run, and goes on when that worker is done', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  const order: string[] = [];
  let finish = (_: string) => {};
  const elsewhere = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const away = Array.from({ length: MAX_OFFLOADED_TASKS + 2 }, (_, n) =>
    schedule.task(
      'a',
      // One each, as tasks have: Node warns of many listeners to one signal.
      new AbortController().signal,
      done(async (slot) => {
        order.push('leaves');
        order.push(`${await slot.leave(elsewhere)} ${n}`);
      }),
    ),
  );
  for (let n = 0; n < 2 * MAX_OFFLOADED_TASKS; n++) await nextMacrotask();
  await schedule.frame(frameDone(async () => order.push('frame')));
  expect(order).toEqual([...Array(MAX_OFFLOADED_TASKS).fill('leaves'), 'frame']);
  finish('back');
  await Promise.all(away);
  expect(order.filter((it) => it.startsWith('back'))).toHaveLength(MAX_OFFLOADED_TASKS + 2);
});

test('the time that a task is away is that of its owner, and disposal ends it there too', async () => {
  const clock = new ManualClock();
  const schedule = start(clock);
  let fail = (_: Error) => {};
  const elsewhere = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const away = schedule.task(
    'a',
    never,
    done((slot) => slot.leave(elsewhere)),
  );
  await nextMacrotask();
  clock.advance(50);
  expect(schedule.busyMs).toBe(50);
  const ended = expect(away).rejects.toMatchObject({ reason: 'closed' });
  schedule.dispose();
  fail(new Error('The worker ended.'));
  await ended;
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
