import { expect, test } from 'vitest';
import { DropOldestQueue } from './drop-oldest-queue.ts';

test('with a capacity of one the newest item is kept, and every other is discarded', () => {
  const discarded: number[] = [];
  const queue = new DropOldestQueue<number>(1, (item) => discarded.push(item));
  queue.put(1);
  queue.put(2);
  expect(queue.take()).toBe(2);
  expect(queue.take()).toBe(null);
  queue.put(3);
  queue.clear();
  queue.clear();
  expect(discarded).toEqual([1, 3]);
});

test('items are taken in order, and the oldest is discarded when the queue is full', () => {
  const discarded: number[] = [];
  const queue = new DropOldestQueue<number>(3, (item) => discarded.push(item));
  for (const item of [1, 2, 3, 4, 5]) queue.put(item);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([3, 4, 5, null]);
  expect(discarded).toEqual([1, 2]);
});
