import { expect, test } from 'vitest';
import { nextMacrotask } from './macrotask.ts';
import { Schedule } from './schedule.ts';

const never = new AbortController().signal;

test('one at a time: frames before tasks, each in their order', async () => {
  const schedule = new Schedule(nextMacrotask);
  const order: string[] = [];
  let running = 0;
  const body = (name: string) => async () => {
    expect(++running).toBe(1);
    await nextMacrotask();
    running--;
    order.push(name);
  };
  await Promise.all([
    schedule.task(never, body('task 1')),
    schedule.task(never, body('task 2')),
    schedule.frame(body('frame 1')),
    schedule.frame(body('frame 2')),
  ]);
  expect(order).toEqual(['task 1', 'frame 1', 'frame 2', 'task 2']);
});

test('a long task gives way to frames and goes on', async () => {
  const schedule = new Schedule(nextMacrotask);
  const order: string[] = [];
  const task = schedule.task(never, async (turn) => {
    order.push('begins');
    await turn.giveWay();
    order.push('goes on');
  });
  await Promise.all([task, schedule.frame(async () => order.push('frame'))]);
  expect(order).toEqual(['begins', 'frame', 'goes on']);
});

test('a cancelled task leaves the queue, or ends where it next gives way; others are not held up', async () => {
  const schedule = new Schedule(nextMacrotask);
  const first = new AbortController();
  const second = new AbortController();
  let ended = false;
  const running = schedule.task(first.signal, async (turn) => {
    try {
      for (;;) await turn.giveWay();
    } finally {
      ended = true;
    }
  });
  const waiting = schedule.task(second.signal, async () => 'never');
  const last = schedule.task(never, async () => 'done');
  second.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'cancelled' });
  first.abort();
  await expect(running).rejects.toMatchObject({ reason: 'cancelled' });
  expect(await last).toBe('done');
  expect(ended).toBe(true);
});

test('one that fails fails alone', async () => {
  const schedule = new Schedule(nextMacrotask);
  const failing = schedule.frame(() => Promise.reject(new Error('broken')));
  const next = schedule.frame(async () => 'fine');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('fine');
});

test('what waits when it is disposed is told', async () => {
  const schedule = new Schedule(nextMacrotask);
  const running = schedule.task(never, nextMacrotask);
  const waiting = schedule.frame(nextMacrotask);
  schedule.dispose();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  await running;
  await expect(schedule.frame(nextMacrotask)).rejects.toMatchObject({ reason: 'closed' });
});
