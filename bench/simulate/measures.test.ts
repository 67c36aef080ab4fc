import { expect, test } from 'vitest';
import { flowOf, jainIndex, meanFlow, spreadOf } from './measures.ts';

test('Jain’s index is 1 where all have the same, and 1/n where one has all', () => {
  expect(jainIndex([0.3, 0.3, 0.3])).toBeCloseTo(1);
  expect(jainIndex([0, 0, 0, 5])).toBeCloseTo(1 / 4);
  expect(jainIndex([1, 2, 3])).toBeCloseTo(36 / 42);
  expect(jainIndex([0, 0])).toBe(1);
});

test('the spread is deviation over mean, whatever the unit', () => {
  expect(spreadOf([0.4, 0.4])).toBe(0);
  expect(spreadOf([1, 3])).toBeCloseTo(0.5);
  expect(spreadOf([100, 300])).toBeCloseTo(0.5);
  expect(spreadOf([0, 0])).toBe(0);
});

test('a flow counts the served and the full, and the mean of flows is that of each figure', () => {
  const flow = flowOf([1, 0.96, 0.5, 0], [1, 0.5]);
  expect(flow).toMatchObject({ served: 0.5, full: 0.5 });
  expect(meanFlow([flow, { ...flow, served: 1 }])).toEqual({ ...flow, served: 0.75 });
});
