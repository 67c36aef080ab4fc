import { expect, test } from 'vitest';
import { FairQueue, MAX_IDLE_OWNERS } from './fair-queue.ts';

/** Items are their durations. */
function queueOf(waiting: Record<string, number[]>) {
  const queue = new FairQueue<{ owner: string; takesMs: number }>();
  const add = (owner: string, ...items: number[]) => {
    for (const takesMs of items) queue.push(owner, { owner, takesMs });
  };
  for (const [owner, items] of Object.entries(waiting)) add(owner, ...items);
  return { queue, add };
}

/** Runs items one after another until `untilMs` were spent. Returns the order and what each owner used. */
function serve({ queue }: ReturnType<typeof queueOf>, untilMs = Number.POSITIVE_INFINITY) {
  const usedMs: Record<string, number> = {};
  const order: string[] = [];
  for (let spentMs = 0; spentMs < untilMs; ) {
    const taken = queue.take();
    if (!taken) break;
    const { owner, takesMs } = taken.item;
    taken.settle(takesMs);
    spentMs += takesMs;
    usedMs[owner] = (usedMs[owner] ?? 0) + takesMs;
    order.push(owner);
  }
  return { usedMs, order };
}

const times = (count: number, takesMs: number) => Array<number>(count).fill(takesMs);

test('owners of short and of long tasks get the same time, not the same number of tasks', () => {
  const served = serve(queueOf({ short: times(200, 1), long: times(30, 20) }), 300);
  expect(Math.abs((served.usedMs.short ?? 0) - (served.usedMs.long ?? 0))).toBeLessThanOrEqual(20);
});

test('shares converge after some tasks, for any number of owners', () => {
  const served = serve(queueOf({ a: times(400, 1), b: times(400, 5), c: times(400, 13), d: times(400, 20) }), 400);
  for (const usedMs of Object.values(served.usedMs)) expect(Math.abs(usedMs - 100)).toBeLessThanOrEqual(20);
});

test('a newcomer goes next, and gets no more than its share for having been away', () => {
  const queued = queueOf({ early: times(100, 10) });
  serve(queued, 500);
  queued.add('late', ...times(100, 10));
  const { order } = serve(queued, 100);
  expect(order.slice(0, 2)).toEqual(['late', 'early']);
  expect(order.filter((owner) => owner === 'late')).toHaveLength(5);
});

test('an owner that worked alone for long does not pay for it when another comes', () => {
  const queued = queueOf({ alone: times(100, 10) });
  serve(queued);
  queued.add('other', 10, 10);
  queued.add('alone', 10, 10);
  expect(serve(queued).order).toEqual(['other', 'alone', 'other', 'alone']);
});

test('an owner that submits one task at a time gets no more than its share either', () => {
  const queued = queueOf({ steady: times(1_000, 1) });
  let longMs = 0;
  queued.add('hasty', 20);
  for (let spentMs = 0; spentMs < 400; ) {
    const taken = queued.queue.take();
    const { owner, takesMs } = taken?.item ?? { owner: '', takesMs: 400 };
    taken?.settle(takesMs);
    spentMs += takesMs;
    if (owner !== 'hasty') continue;
    longMs += takesMs;
    queued.add('hasty', 20);
  }
  expect(Math.abs(longMs - 200)).toBeLessThanOrEqual(20);
});

test('tasks in flight count with their expected duration', () => {
  const { queue, add } = queueOf({ a: [10], b: [10] });
  for (let i = 0; i < 2; i++) queue.take()?.settle(10);
  add('a', 10, 10);
  add('b', 10, 10);
  const together = [queue.take(), queue.take()];
  expect(together.map((taken) => taken?.item.owner).sort()).toEqual(['a', 'b']);
});

test('an owner is forgotten when it neither waits, runs, nor is ahead of the others', () => {
  const queued = queueOf({ steady: times(100, 10) });
  queued.add('visitor', 25);
  serve(queued, 25);
  expect(queued.queue.owners).toBe(2);
  serve(queued, 60);
  expect(queued.queue.owners).toBe(1);
  expect([queued.queue.drain().length > 0, queued.queue.owners]).toEqual([true, 0]);
});

test('owners that come once do not accumulate', () => {
  const { queue, add } = queueOf({ steady: times(20, 10) });
  for (let i = 0; i < 500; i++) {
    add(`stranger ${i}`, 1);
    const taken = queue.take();
    taken?.settle(taken.item.takesMs);
  }
  expect(queue.owners).toBeLessThanOrEqual(MAX_IDLE_OWNERS + 2);
});

test('a removed item is not taken, and its owner goes with its last item', () => {
  const { queue } = queueOf({});
  const [kept, gone] = [
    { owner: 'a', takesMs: 1 },
    { owner: 'b', takesMs: 1 },
  ];
  queue.push('a', kept);
  queue.push('b', gone);
  expect([queue.remove('b', gone), queue.remove('b', gone), queue.remove('c', gone), queue.owners]).toEqual([
    ...[true, false, false],
    1,
  ]);
  expect([queue.take()?.item, queue.take()]).toEqual([kept, undefined]);
});
