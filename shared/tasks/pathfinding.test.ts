import { describe, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { checkArrivedTask } from './catalogue.ts';
import { PATHFINDING } from './pathfinding/queries.ts';
import { randomGrid, randomQueries, solved, solvedBytes } from './pathfinding/test-grids.ts';
import { type PathfindingInput, pathfinding } from './pathfinding.ts';

const grid = { width: 3, height: 2, cost: new Uint8Array([1, 1, 1, 1, 0, 1]) };
const query = { start: [0, 0] as [number, number], goal: [2, 1] as [number, number] };
const input: PathfindingInput = { grid, neighbours: 8, queries: [query] };

describe('an input is refused', () => {
  test.each<[string, unknown]>([
    ['without a grid', { ...input, grid: undefined }],
    ['with costs missing', { ...input, grid: { ...grid, cost: new Uint8Array(5) } }],
    ['with costs in a plain array', { ...input, grid: { ...grid, cost: [1, 1, 1, 1, 1, 1] } }],
    ['with no width', { ...input, grid: { ...grid, width: 0 } }],
    ['with a fractional height', { ...input, grid: { ...grid, height: 2.5 } }],
    ['larger than the limit', { ...input, grid: { width: 1_025, height: 1, cost: new Uint8Array(1_025) } }],
    ['with six neighbours', { ...input, neighbours: 6 }],
    ['without queries', { ...input, queries: [] }],
    ['with a start outside', { ...input, queries: [{ ...query, start: [3, 0] }] }],
    ['with a goal outside', { ...input, queries: [{ ...query, goal: [0, 2] }] }],
    ['with a goal between cells', { ...input, queries: [{ ...query, goal: [0.5, 0] }] }],
    ['with a missing start', { ...input, queries: [{ goal: [0, 0] }] }],
  ])('%s', (_, wrong) => {
    expect(() => pathfinding.pack(wrong as PathfindingInput)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(/\.$/) }),
    );
  });

  test('with too many queries', () => {
    const queries = Array.from({ length: PATHFINDING.maxQueries + 1 }, () => query);
    expect(() => pathfinding.pack({ ...input, queries })).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });
});

test('a packed task is small and accepted by a volunteer, and changing its input afterwards has no effect', () => {
  const cost = grid.cost.slice();
  const task = pathfinding.pack({ ...input, grid: { ...grid, cost } });
  cost.fill(0);
  expect(JSON.stringify(task.params).length).toBeLessThan(200);
  expect(checkArrivedTask('pathfinding', structuredClone(task))).toEqual(task);
  expect(solved(task).paths[0]?.points).toHaveLength(4);
});

test('a task that arrives damaged is malformed', () => {
  const { params, attachments } = pathfinding.pack(input);
  const [cost = new Uint8Array(), queries = new Uint8Array()] = attachments;
  const wrong = [
    { params, attachments: [cost] },
    { params, attachments: [cost.subarray(1), queries] },
    { params: { ...params, queries: 2 }, attachments },
    { params: { ...params, width: 6, height: 1 }, attachments },
    { params: { ...params, neighbours: 5 }, attachments },
    { params: { ...params, extra: 1 }, attachments },
  ];
  for (const task of wrong) {
    expect(() => checkArrivedTask('pathfinding', task)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test('an answer that does not fit its task is malformed', () => {
  const task = pathfinding.pack(input);
  const answer = (cost: number, steps: number[], count = steps.length) => ({
    value: null,
    attachments: [
      new Uint8Array(Float64Array.of(cost).buffer),
      new Uint8Array(Uint32Array.of(count).buffer),
      Uint8Array.from(steps),
    ],
  });
  expect(pathfinding.unpackResult(task, answer(-1, []))).toEqual({ paths: [null] });
  expect(pathfinding.unpackResult(task, answer(3, [0, 0, 1])).paths[0]?.points.at(-1)).toEqual([2, 1]);
  const wrong = [
    answer(3, [0, 0, 1], 2),
    answer(3, [0, 0, 1, 1]),
    answer(3, [0, 0]),
    answer(3, [0, 0, 9]),
    answer(Number.NaN, [0, 0, 1]),
    answer(Number.POSITIVE_INFINITY, [0, 0, 1]),
    answer(-1, [0, 0, 1]),
    { value: null, attachments: [] },
  ];
  for (const result of wrong) {
    expect(() => pathfinding.unpackResult(task, result)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test.each([1, 2, 3, 7, 100])('split into %i parts, the merged result is that of the whole task', (parts) => {
  const random = seededRandom(parts);
  const wide = randomGrid(40, 30, random);
  const goal: [number, number] = [20, 15];
  const queries = [
    ...randomQueries(wide, 9, random),
    ...randomQueries(wide, 6, random).map(({ start }) => ({ start, goal })),
  ];
  const task = pathfinding.pack({ grid: wide, neighbours: 8, queries });
  const split = pathfinding.split?.(task, parts);
  expect(split?.tasks.length).toBe(Math.min(parts, 10));
  for (const part of split?.tasks ?? []) expect(checkArrivedTask('pathfinding', part)).toEqual(part);
  expect(split?.merge(split.tasks.map(solvedBytes))).toEqual(solvedBytes(task));
});
