import { expect, test } from 'vitest';
import { LatestSlot } from './latest-slot.ts';

test('keeps the newest and gives every other back to be closed', () => {
  const discarded: number[] = [];
  const slot = new LatestSlot<number>((item) => discarded.push(item));
  slot.put(1);
  slot.put(2);
  expect(slot.take()).toBe(2);
  expect(slot.take()).toBe(null);
  slot.put(3);
  slot.clear();
  slot.clear();
  expect(discarded).toEqual([1, 3]);
});
