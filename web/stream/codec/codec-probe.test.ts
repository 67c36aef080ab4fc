import { expect, test } from 'vitest';
import { type CodecCost, rankByCost, rankByGain } from './codec-probe.ts';

const NAMES = ['first', 'second', 'third', 'fourth'] as const;

test.each<[string, CodecCost[], string[]]>([
  ['the cheapest codec comes first', [4, 3, 2, 1], ['fourth', 'third', 'second', 'first']],
  ['about equal costs keep their order', [1.1, 1, 1.05, 1], ['first', 'second', 'third', 'fourth']],
  [
    'a clearly cheaper codec is ranked above more expensive ones only',
    [2, 1, 3, 1.5],
    ['second', 'fourth', 'first', 'third'],
  ],
  ['unmeasured codecs come last', ['unmeasured', 5, 'unmeasured', 2], ['fourth', 'second', 'first', 'third']],
  ['failed codecs are left out', ['failed', 5, 'failed', 2], ['fourth', 'second']],
  [
    'without any measurement the order stays',
    ['unmeasured', 'unmeasured', 'unmeasured', 'unmeasured'],
    ['first', 'second', 'third', 'fourth'],
  ],
  ['if every codec failed, none is left', ['failed', 'failed', 'failed', 'failed'], []],
])('%s', (_, costs, expected) => {
  const costOf = new Map(NAMES.map((name, index) => [name, costs[index] ?? 'unmeasured']));
  expect(rankByCost(NAMES, costOf)).toEqual(expected);
});

test('what a machine affords is ranked by gain, and the rest after it by cost', () => {
  const byGain = ['best', 'good', 'cheap'];
  const byCost = ['cheap', 'good', 'best'];
  const ranked = (costs: [string, CodecCost][]) => rankByGain(byGain, byCost, new Map(costs));
  expect(
    ranked([
      ['best', 0.6],
      ['good', 0.5],
      ['cheap', 0.2],
    ]),
  ).toEqual(['best', 'good', 'cheap']);
  expect(
    ranked([
      ['best', 9],
      ['good', 0.5],
      ['cheap', 0.2],
    ]),
  ).toEqual(['good', 'cheap', 'best']);
  expect(
    ranked([
      ['best', 9],
      ['good', 7],
      ['cheap', 3],
    ]),
    'a slow machine',
  ).toEqual(['cheap', 'good', 'best']);
  expect(
    ranked([
      ['best', 'unmeasured'],
      ['good', 'failed'],
      ['cheap', 3],
    ]),
  ).toEqual(['cheap', 'best']);
});

test('a codec without a cost counts as unmeasured', () => {
  expect(rankByCost(['known', 'unknown'], new Map([['known', 1]]))).toEqual(['known', 'unknown']);
  expect(rankByCost(['unknown', 'known'], new Map([['known', 1]]))).toEqual(['known', 'unknown']);
});
