import { expect, test } from 'vitest';
import { inTurn, median, percentile } from './measuring.ts';
import { figure, tableOf, targetOf, text } from './report.ts';

test.each([
  [figure('rate', 0.7, 'x', { atLeast: 0.7 }), true, '>= 0.7 x'],
  [figure('rate', 0.69, 'x', { atLeast: 0.7 }), false, '>= 0.7 x'],
  [figure('rate', 1, 'x', { above: 1 }), false, '> 1 x'],
  [figure('wait', 50, 'ms', { below: 50 }), false, '< 50 ms'],
  [figure('errors', 0, '', { atMost: 0 }), true, '<= 0'],
  [figure('wait', 12, 'ms'), null, ''],
  [figure('wait', 12, 'ms', { note: 'of two' }), null, ''],
  [figure('nothing measured', Number.NaN, 'ms', { below: 1 }), false, '< 1 ms'],
  [text('GPU', 'none here'), null, ''],
])('a row has a target and says whether it is met: %o', (row, met, target) => {
  expect(row.met).toBe(met);
  expect(targetOf(row)).toBe(target);
});

test('the table shows every row, and a section that crashed', () => {
  const rows = [figure('rate', 12.345, '/s', { above: 100, note: 'of 50' })];
  const table = tableOf([
    { name: 'one', rows, tookS: 1, crash: null },
    { name: 'two', rows: [], tookS: 1, crash: 'it broke' },
  ]);
  expect(table).toContain('one: rate');
  expect(table).toContain('12.3 /s  (of 50)');
  expect(table).toMatch(/two +│ crashed/);
  expect(new Set(table.split('\n').map(({ length }) => length)).size).toBe(1);
});

test('a percentile is the nearest rank of values in any order, and NaN of none', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(percentile([4, 1, 3, 2], 1)).toBe(4);
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(median([])).toBeNaN();
});

test('measurements take turns, and the first round only warms up', async () => {
  const order: string[] = [];
  const measure = (name: string) => async () => order.push(name);
  const samples = await inTurn({ a: measure('a'), b: measure('b') }, 2);
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(samples).toEqual({ a: [3, 5], b: [4, 6] });
});
