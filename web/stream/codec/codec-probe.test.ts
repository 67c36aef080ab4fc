import { expect, test } from 'vitest';
import { rankByCost } from './codec-probe.ts';
import type { CodecCost } from './codec-trial.ts';

const NAMES = ['first', 'second', 'third', 'fourth'] as const;

test.each<[string, CodecCost[], string[]]>([
  ['the cheapest comes first', [4, 3, 2, 1], ['fourth', 'third', 'second', 'first']],
  ['what is about the same keeps its order', [1.1, 1, 1.05, 1], ['first', 'second', 'third', 'fourth']],
  ['one that is clearly cheaper passes only those', [2, 1, 3, 1.5], ['second', 'fourth', 'first', 'third']],
  ['what was not measured goes last', ['unmeasured', 5, 'unmeasured', 2], ['fourth', 'second', 'first', 'third']],
  ['what failed is left out', ['failed', 5, 'failed', 2], ['fourth', 'second']],
  [
    'without a figure the order stays',
    ['unmeasured', 'unmeasured', 'unmeasured', 'unmeasured'],
    ['first', 'second', 'third', 'fourth'],
  ],
  ['with nothing that works there is nothing', ['failed', 'failed', 'failed', 'failed'], []],
])('%s', (_, costs, expected) => {
  const costOf = new Map(NAMES.map((name, index) => [name, costs[index] ?? 'unmeasured']));
  expect(rankByCost(NAMES, costOf)).toEqual(expected);
});

test('one nobody knows anything of counts as not measured', () => {
  expect(rankByCost(['known', 'unknown'], new Map([['known', 1]]))).toEqual(['known', 'unknown']);
  expect(rankByCost(['unknown', 'known'], new Map([['known', 1]]))).toEqual(['known', 'unknown']);
});
