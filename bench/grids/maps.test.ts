import { expect, test } from 'vitest';
import { generatedMaps, regionsIn } from './generated-maps.ts';
import { parseMap } from './moving-ai.ts';

test('most free cells of each generated map can reach one another', () => {
  const maps = generatedMaps();
  expect(maps).toHaveLength(12);
  for (const map of maps) {
    const { sizes } = regionsIn(map);
    const free = [...sizes.values()].reduce((sum, count) => sum + count, 0);
    expect(Math.max(...sizes.values()) / free, map.name).toBeGreaterThan(0.5);
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
