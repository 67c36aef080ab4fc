import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { SortedList } from './sorted-list.ts';

/** The list must stay sorted through any sequence of changes, at any size. */
test('holds the same items in the same order as an array that is sorted from scratch', () => {
  const changes = array(tuple(constantFrom('add', 'add', 'delete'), integer({ min: 0, max: 3_000 })), {
    maxLength: 3_000,
  });
  assert(
    property(changes, (all) => {
      const [list, plain] = [new SortedList<number>((a, b) => a - b), new Set<number>()];
      for (const [kind, item] of all) {
        if (kind === 'delete') list.delete(item);
        else if (!plain.has(item)) list.add(item);
        if (kind === 'delete') plain.delete(item);
        else plain.add(item);
      }
      expect([...list]).toEqual([...plain].sort((a, b) => a - b));
      expect(list.isEmpty).toBe(plain.size === 0);
    }),
    { numRuns: 50 },
  );
});

test('items of many chunks can be added in any order and deleted again', () => {
  const list = new SortedList<number>((a, b) => a - b);
  const items = Array.from({ length: 5_000 }, (_, index) => (index * 2_311) % 5_003);
  for (const item of items) list.add(item);
  expect([...list]).toEqual(items.toSorted((a, b) => a - b));
  for (const item of items) list.delete(item);
  expect(list.isEmpty).toBe(true);
});
