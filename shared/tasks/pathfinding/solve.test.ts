import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish } from '../definition.ts';
import { bytesOf } from '../packing.ts';
import { pathfinding } from '../pathfinding.ts';
import { Grid } from './grid.ts';
import { CELLS_PER_STEP, Search } from './search.ts';
import { solvePaths } from './solve.ts';
import { cheapestFrom, randomGrid, randomQueries, solved } from './test-grids.ts';

/** A grid from a drawing: `#` is a wall, digits are costs. */
function drawn(...rows: string[]) {
  const cost = Uint8Array.from(rows.join(''), (char) => (char === '#' ? 0 : Number(char)));
  return { width: rows[0]?.length ?? 0, height: rows.length, cost };
}

describe.each([4, 8] as const)('with %i neighbours', (neighbours) => {
  test('A*, a flow field and Bellman-Ford agree on the cost of each path', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const grid = randomGrid(1 + (seed % 17), 1 + (seed % 13), random);
      const single = randomQueries(grid, 4, random);
      const [{ goal } = { goal: [0, 0] as [number, number] }] = single;
      const queries = [...single, ...randomQueries(grid, 4, random).map(({ start }) => ({ start, goal }))];
      const { paths } = solved(pathfinding.pack({ grid, neighbours, queries }));
      for (const [i, query] of queries.entries()) {
        const best = cheapestFrom({ grid, neighbours }, query.start)(query.goal);
        expect(paths[i]?.cost ?? Number.POSITIVE_INFINITY).toBeCloseTo(best, 6);
        if (paths[i]) expect([paths[i].points[0], paths[i].points.at(-1)]).toEqual([query.start, query.goal]);
      }
    }
  });

  test('A* and a flow field find paths of the same cost on a large grid', () => {
    const random = seededRandom(5);
    const grid = randomGrid(150, 90, random, 0.2);
    const search = new Search(new Grid({ ...grid, neighbours }, grid.cost));
    const padded = new Grid({ ...grid, neighbours }, grid.cost);
    const starts = randomQueries(grid, 30, random)
      .map(({ start }) => padded.cellAt(...start))
      .filter((cell) => !padded.isWall(cell));
    const goal = starts[0] ?? 0;
    const byField = finish(search.pathsTo(goal, starts));
    for (const [i, start] of starts.entries()) {
      const alone = finish(search.pathBetween(start, goal));
      const field = byField[i];
      expect(alone === null).toBe(field === null);
      if (alone && field) expect(padded.pathCost(start, alone)).toBeCloseTo(padded.pathCost(start, field), 6);
    }
  });
});

test('a diagonal costs sqrt(2) times the cell it enters, and the start costs nothing', () => {
  const grid = drawn('911', '131', '119');
  const query = { start: [0, 0] as [number, number], goal: [2, 2] as [number, number] };
  const { paths } = solved(pathfinding.pack({ grid, neighbours: 8, queries: [query, { ...query, goal: [0, 0] }] }));
  expect(paths[0]?.cost).toBeCloseTo(1 + Math.SQRT2 + 9);
  expect(paths[1]).toEqual({ points: [[0, 0]], cost: 0 });
});

test('a diagonal step cuts no corner and does not pass between two walls', () => {
  const query = { start: [0, 0] as [number, number], goal: [1, 1] as [number, number] };
  const around = solved(pathfinding.pack({ grid: drawn('1#', '11'), neighbours: 8, queries: [query] })).paths[0];
  expect(around?.points).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(solved(pathfinding.pack({ grid: drawn('1#', '#1'), neighbours: 8, queries: [query] })).paths).toEqual([null]);
});

test('there is no path from or to a wall', () => {
  const grid = drawn('1#1');
  const queries = [
    { start: [1, 0] as [number, number], goal: [0, 0] as [number, number] },
    { start: [0, 0] as [number, number], goal: [1, 0] as [number, number] },
    { start: [1, 0] as [number, number], goal: [1, 0] as [number, number] },
    { start: [0, 0] as [number, number], goal: [2, 0] as [number, number] },
  ];
  expect(solved(pathfinding.pack({ grid, neighbours: 4, queries })).paths).toEqual([null, null, null, null]);
});

test('equal tasks give equal paths', () => {
  const random = seededRandom(9);
  const grid = randomGrid(60, 60, random, 0.1);
  const task = pathfinding.pack({ grid, neighbours: 8, queries: randomQueries(grid, 20, random) });
  expect(solved(task)).toEqual(solved(structuredClone(task)));
});

test('paths with the same steps in another order have exactly the same cost', () => {
  const grid = new Grid({ width: 40, height: 40, neighbours: 8 }, new Uint8Array(1_600).fill(7));
  const start = grid.cellAt(0, 0);
  const [east, southEast] = [new Array(19).fill(0), new Array(19).fill(4)];
  const due = grid.pathCost(start, Uint8Array.from([...east, ...southEast]));
  expect(due).toBe(7 * 19 + 7 * 19 * Math.SQRT2);
  expect(grid.pathCost(start, Uint8Array.from([...southEast, ...east]))).toBe(due);
  expect(grid.pathCost(start, Uint8Array.from(east.flatMap(() => [0, 4])))).toBe(due);
});

test.each([
  ['one goal, by a flow field', () => 0],
  ['separate goals, by searches', (i: number) => i],
])(
  'a volunteer gives up paths to %s once they are longer than a result, not when it has found thousands',
  (_, goalX) => {
    const side = 1_024;
    // One corridor that winds through the whole grid.
    const cost = Uint8Array.from({ length: side * side }, (_cell, at) => {
      const [x, y] = [at % side, Math.trunc(at / side)];
      return y % 2 === 0 || x === (y % 4 === 1 ? side - 1 : 0) ? 1 : 0;
    });
    const queries = Array.from({ length: 12 }, (_query, i) => ({
      startX: 0,
      startY: side - 2,
      goalX: goalX(i),
      goalY: 0,
    }));
    let yields = 0;
    const solving = solvePaths({ width: side, height: side, neighbours: 4 }, cost, queries);
    expect(() => {
      while (!solving.next().done) yields++;
    }).toThrow(expect.objectContaining({ reason: 'too-large' }));
    expect(yields).toBeLessThan((9 * (side * side)) / CELLS_PER_STEP);
  },
);

test('a path that is longer than its grid has cells is malformed', () => {
  const grid = drawn('11', '11');
  const task = pathfinding.pack({ grid, neighbours: 4, queries: [{ start: [0, 0], goal: [0, 0] }] });
  const around = (rounds: number) => {
    const steps = Uint8Array.from({ length: 4 * rounds }, (_step, i) => i % 4);
    const attachments = [Float64Array.of(4), Uint32Array.of(steps.length), steps].map(bytesOf);
    return () => pathfinding.unpackResult(task, { value: null, attachments });
  };
  expect(around(1)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  expect(around(250_000)).toThrow(expect.objectContaining({ reason: 'malformed' }));
});
