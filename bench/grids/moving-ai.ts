import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PATHFINDING } from '../../shared/tasks/pathfinding/queries.ts';
import type { PathfindingInput } from '../../shared/tasks/pathfinding.ts';
import type { GridMap } from './generated-maps.ts';

/** Ground, grass and swamp, as the benchmark's own programs treat them. */
const FREE = new Set(['.', 'G', 'S']);

export interface MapWithQueries {
  map: GridMap;
  /** Of its `.scen` file, from short to long; empty where there is none. */
  queries: PathfindingInput['queries'];
}

/** Reads a folder of maps of the Moving AI benchmark, `NAME.map` with `NAME.map.scen`; larger ones than a task takes are left out. */
export async function readMaps(folder: string): Promise<MapWithQueries[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.map')).sort();
  const found: MapWithQueries[] = [];
  for (const name of names) {
    const map = parseMap(name, await readFile(join(folder, name), 'utf8'));
    if (Math.max(map.width, map.height) > PATHFINDING.maxSide) continue;
    const scenarios = await readFile(join(folder, `${name}.scen`), 'utf8').catch(() => '');
    found.push({ map, queries: parseScenarios(scenarios) });
  }
  return found;
}

/** Format: https://movingai.com/benchmarks/formats.html. Throws Error for what is no map. */
export function parseMap(name: string, text: string): GridMap {
  const [header = '', body] = text.replaceAll('\r', '').split('\nmap\n');
  const [height, width] = ['height', 'width'].map((key) =>
    Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(header)?.[1]),
  );
  if (!body || !height || !width) throw new Error(`${name} is no map of the Moving AI benchmark.`);
  const rows = body.split('\n');
  const cost = Uint8Array.from({ length: width * height }, (_, cell) =>
    FREE.has(rows[Math.floor(cell / width)]?.[cell % width] ?? '') ? 1 : 0,
  );
  return { name, width, height, cost };
}

function parseScenarios(text: string): PathfindingInput['queries'] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/).slice(-5).map(Number))
    .filter((numbers) => numbers.length === 5 && numbers.every(Number.isFinite))
    .map(([startX = 0, startY = 0, goalX = 0, goalY = 0]) => ({ start: [startX, startY], goal: [goalX, goalY] }));
}
