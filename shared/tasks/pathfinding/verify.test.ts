import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish, type Steps } from '../definition.ts';
import { type PathfindingResult, pathfinding } from '../pathfinding.ts';
import { randomGrid, randomQueries, solved } from './test-grids.ts';

const random = seededRandom(3);
const grid = randomGrid(64, 48, random, 0.2);
const task = pathfinding.pack({ grid, neighbours: 8, queries: randomQueries(grid, 40, random) });
const honest = solved(task);
const found = honest.paths.flatMap((path) => (path && path.points.length > 4 ? [path] : []));

function verify(result: PathfindingResult, seed = 1, of = task): void {
  finish(pathfinding.verify(of, result, seededRandom(seed)) as Steps<void>);
}

/** Changes the first long path. */
function cheated(change: (path: (typeof found)[number]) => (typeof found)[number] | null): PathfindingResult {
  const paths = structuredClone(honest.paths);
  const at = honest.paths.indexOf(found[0] ?? null);
  const path = paths[at];
  if (path) paths[at] = change(path);
  return { paths };
}

test('a correct result is accepted whatever part is checked, also when rounded to single precision', () => {
  const rounded = { paths: honest.paths.map((path) => path && { ...path, cost: Math.fround(path.cost) }) };
  for (let seed = 0; seed < 200; seed++) {
    verify(honest, seed);
    verify(rounded, seed);
  }
});

describe('what is refused:', () => {
  const refused = (result: PathfindingResult) =>
    expect(() => verify(result)).toThrow(expect.objectContaining({ reason: 'verify-failed' }));

  test('a cost that does not add up', () => {
    refused(cheated((path) => ({ ...path, cost: path.cost * 1.001 })));
    refused(cheated((path) => ({ ...path, cost: path.cost - 1 })));
  });

  test('a point left out', () => refused(cheated(({ points, cost }) => ({ points: points.toSpliced(2, 1), cost }))));

  test('a point that is off by one', () => {
    refused(
      cheated(({ points, cost }) => ({ points: points.map(([x, y], i) => (i === 2 ? [x + 1, y] : [x, y])), cost })),
    );
  });

  test('a missing path that exists', () => refused(cheated(() => null)));

  test('a step out and back, included in the cost', () => {
    const detour = cheated(({ points, cost }) => {
      const [first = [0, 0], second = [0, 0]] = points;
      const factor = first[0] !== second[0] && first[1] !== second[1] ? Math.SQRT2 : 1;
      const costOf = ([x, y]: [number, number]) => (grid.cost[y * grid.width + x] ?? 0) * factor;
      return { points: [first, second, first, ...points.slice(1)], cost: cost + costOf(first) + costOf(second) };
    });
    refused(detour);
  });
});

test('a long detour without local faults is detected sooner or later', () => {
  // Two paths around a block of walls: a short one on its left, and a long one around its right.
  const rows = ['1111111', '1#####1', '1#####1', '1111111'];
  const cost = Uint8Array.from(rows.join(''), (char) => (char === '#' ? 0 : 1));
  const around = { width: 7, height: 4, cost };
  const queries = [{ start: [0, 0] as [number, number], goal: [0, 3] as [number, number] }];
  const alone = pathfinding.pack({ grid: around, neighbours: 4, queries });
  const right: [number, number][] = [1, 2, 3, 4, 5, 6].map((x) => [x, 0]);
  const back: [number, number][] = [6, 5, 4, 3, 2, 1, 0].map((x) => [x, 3]);
  const points: [number, number][] = [[0, 0], ...right, [6, 1], [6, 2], ...back];
  expect(() => verify({ paths: [{ points, cost: points.length - 1 }] }, 1, alone)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('cheaper') }),
  );
});

test('a check costs a few hundredths of the work', () => {
  const wide = randomGrid(300, 300, seededRandom(8), 0.2);
  const many = pathfinding.pack({ grid: wide, neighbours: 8, queries: randomQueries(wide, 60, seededRandom(4)) });
  const startMs = performance.now();
  const result = solved(many);
  const workMs = performance.now() - startMs;
  // The fastest, because a busy machine may pause in any of them.
  let checkMs = Number.POSITIVE_INFINITY;
  for (let seed = 0; seed < 20; seed++) {
    const checkStartMs = performance.now();
    verify(result, seed, many);
    checkMs = Math.min(checkMs, performance.now() - checkStartMs);
  }
  // The aim is a twentieth.
  expect(checkMs).toBeLessThan(workMs / 5);
});
