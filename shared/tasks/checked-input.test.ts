import { expect, test } from 'vitest';
import { type InferInput, infer } from './infer.ts';
import { type PathfindingInput, pathfinding } from './pathfinding.ts';

const grid = { width: 3, height: 2, cost: new Uint8Array(6) };
const query = { start: [0, 0], goal: [2, 1] };

test.each<[unknown, string]>([
  [
    { grid, neighbours: 8, queries: [query, { ...query, start: [0.5, 0] }] },
    'In the pathfinding task, queries[1].start[0] is 0.5, but must be a whole number, 0 or more. Correct it.',
  ],
  [
    { grid, neighbours: 8, queries: [{ ...query, start: [0, -1] }] },
    'In the pathfinding task, queries[0].start[1] is -1, but must be a whole number, 0 or more. Correct it.',
  ],
  [
    { grid, neighbours: 8, queries: [{ ...query, goal: ['1', 0] }] },
    'In the pathfinding task, queries[0].goal[0] is "1", but must be a whole number, 0 or more. Correct it.',
  ],
  [
    { grid, neighbours: 8, queries: [{ ...query, start: { x: 1, y: 1 } }] },
    'In the pathfinding task, queries[0].start is an object (Object), but must be [x, y]. Correct it.',
  ],
  [
    { grid, neighbours: 8, queries: [{ goal: [0, 0] }] },
    'In the pathfinding task, queries[0].start is missing, but must be [x, y]. Correct it.',
  ],
  [
    { grid, neighbours: 6, queries: [query] },
    'In the pathfinding task, neighbours is 6, but must be 4 or 8. Correct it.',
  ],
  [
    { grid: { ...grid, cost: [1, 1] }, neighbours: 8, queries: [query] },
    'In the pathfinding task, grid.cost is an array of 2 items, but must be a Uint8Array. Correct it.',
  ],
  [
    { grid, neighbours: 8, queries: [] },
    'In the pathfinding task, queries is an array of 0 items, but must be at least 1 item. Correct it.',
  ],
  [null, 'In the pathfinding task, its input is null, but must be an object. Correct it.'],
])('what is wrong with a pathfinding input is a sentence: %#', (input, message) => {
  expect(() => pathfinding.pack(input as PathfindingInput)).toThrow(expect.objectContaining({ message }));
});

test('names that are no names of a program are quoted, and cut', () => {
  const inputs = { 'x.1': { type: 'float3', dims: [1], data: new Float32Array(1) } };
  expect(() => infer.pack({ model: 'a', inputs } as InferInput)).toThrow(
    /^In the infer task, inputs\["x\.1"\]\.type is "float3", but must be one of float32, .*string\. Correct it\.$/,
  );
});
