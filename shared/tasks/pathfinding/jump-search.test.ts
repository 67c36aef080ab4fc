import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { finish } from '../definition.ts';
import { Grid } from './grid.ts';
import { JumpMaps } from './jump-maps.ts';
import { JumpSearch } from './jump-search.ts';
import { Search } from './search.ts';
import { openSearch } from './solve.ts';

/** A grid of one cost with random walls. */
function walled(width: number, height: number, share: number, neighbours: 4 | 8, random: () => number): Grid {
  const cost = Uint8Array.from({ length: width * height }, () => (random() < share ? 0 : 3));
  return new Grid({ width, height, neighbours }, cost);
}

function freeCell(grid: Grid, random: () => number): number {
  for (;;) {
    const cell = Math.floor(random() * grid.cost.length);
    if (!grid.isWall(cell)) return cell;
  }
}

/** Throws if a step is not allowed. */
function endOf(grid: Grid, start: number, directions: Uint8Array): number {
  let cell = start;
  for (const direction of directions) {
    if (!grid.isOpen(cell, direction)) throw new Error('A step is not allowed.');
    cell += grid.offsets[direction] ?? 0;
  }
  return cell;
}

describe.each([4, 8] as const)('with %i neighbours', (neighbours) => {
  test('jumping finds legal paths of exactly the cost that A* finds, whatever share of the grid is walls', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed);
      const share = 0.05 + 0.4 * random();
      const grid = walled(3 + (seed % 45), 3 + (seed % 71), share, neighbours, random);
      const jumps = new JumpSearch(grid, finish(JumpMaps.of(grid)));
      const search = new Search(grid);
      for (let n = 0; n < 12; n++) {
        const [start, goal] = [freeCell(grid, random), freeCell(grid, random)];
        const [path, expected] = [finish(jumps.pathBetween(start, goal)), finish(search.pathBetween(start, goal))];
        expect(path === null).toBe(expected === null);
        if (!path || !expected) continue;
        expect(endOf(grid, start, path)).toBe(goal);
        expect(grid.pathCost(start, path)).toBe(grid.pathCost(start, expected));
      }
    }
  });

  test('a search gives up once it has looked at as many cells as it may', () => {
    const random = seededRandom(4);
    const grid = walled(200, 200, 0.3, neighbours, random);
    const jumps = new JumpSearch(grid, finish(JumpMaps.of(grid)));
    expect(finish(jumps.pathBetween(freeCell(grid, random), freeCell(grid, random), 1))).toBeUndefined();
  });
});

test('only a grid of one cost is searched by jumps', () => {
  const shape = { width: 2, height: 1, neighbours: 8 } as const;
  expect(finish(openSearch(new Grid(shape, Uint8Array.of(7, 7))))).toBeInstanceOf(JumpSearch);
  expect(finish(openSearch(new Grid(shape, Uint8Array.of(7, 8))))).toBeInstanceOf(Search);
});
