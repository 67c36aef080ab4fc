import { expect, test } from 'vitest';
import { finish } from '../../shared/tasks/definition.ts';
import { Grid } from '../../shared/tasks/pathfinding/grid.ts';
import { regionsOf } from '../../shared/tasks/pathfinding/solve.ts';
import { generatedMaps } from './generated-maps.ts';
import { parseMap } from './moving-ai.ts';

test('most free cells of each generated map can reach one another', () => {
  const maps = generatedMaps();
  expect(maps).toHaveLength(12);
  for (const { name, cost, ...size } of maps) {
    const sizes = new Map<number, number>();
    for (const region of finish(regionsOf(new Grid({ ...size, neighbours: 8 }, cost)))) {
      if (region > 0) sizes.set(region, (sizes.get(region) ?? 0) + 1);
    }
    const free = [...sizes.values()].reduce((sum, count) => sum + count, 0);
    expect({ name, share: Math.max(...sizes.values()) / free > 0.5 }).toEqual({ name, share: true });
  }
});

test('a map of the Moving AI benchmark is read as its own programs do', () => {
  const text = 'type octile\nheight 2\nwidth 3\nmap\n.G@\nTSW\n';
  expect(parseMap('a.map', text)).toEqual({
    name: 'a.map',
    width: 3,
    height: 2,
    cost: Uint8Array.of(1, 1, 0, 0, 1, 0),
  });
  expect(() => parseMap('a.map', 'no map')).toThrow('a.map is no map');
});
