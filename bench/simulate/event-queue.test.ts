import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';

test('everything runs once, by its time and then in the order of entering', () => {
  assert(
    property(array(integer({ min: 0, max: 50 }), { maxLength: 300 }), (times) => {
      const queue = new EventQueue();
      const happened: [number, number][] = [];
      for (const [nth, atS] of times.entries()) {
        queue.at(atS, () => {
          expect(queue.nowS).toBe(atS);
          happened.push([atS, nth]);
        });
      }
      queue.runUntil(50);
      const expected = [...times.entries()].map(([nth, atS]) => [atS, nth]).sort(byBoth);
      expect(happened).toEqual(expected);
    }),
  );
});

const byBoth = (a: number[], b: number[]) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);

test('actions added while it runs happen at their time, and later ones wait', () => {
  const queue = new EventQueue();
  const happened: string[] = [];
  const every = (periodS: number, name: string) => {
    queue.after(periodS, () => {
      happened.push(`${name} ${queue.nowS}`);
      every(periodS, name);
    });
  };
  every(2, 'slow');
  every(1, 'fast');
  queue.runUntil(3.5);
  expect(happened).toEqual(['fast 1', 'slow 2', 'fast 2', 'fast 3']);
  expect(queue.nowS).toBe(3.5);
  queue.runUntil(4);
  expect(happened.slice(4)).toEqual(['slow 4', 'fast 4']);
});
