import { finish, type PackedResult, type PackedTask } from '../definition.ts';
import { type PathfindingInput, type PathfindingParams, type PathfindingResult, pathfinding } from '../pathfinding.ts';
import { readQueries } from './queries.ts';
import { encodePaths } from './result.ts';
import { solvePaths } from './solve.ts';

/** A grid with random walls, and costs of 1 to 9 elsewhere. */
export function randomGrid(width: number, height: number, random: () => number, walls = 0.3): PathfindingInput['grid'] {
  const cost = Uint8Array.from({ length: width * height }, () => (random() < walls ? 0 : 1 + Math.floor(random() * 9)));
  return { width, height, cost };
}

export function randomQueries(
  { width, height }: PathfindingInput['grid'],
  count: number,
  random: () => number,
): PathfindingInput['queries'] {
  const place = (): [number, number] => [Math.floor(random() * width), Math.floor(random() * height)];
  return Array.from({ length: count }, () => ({ start: place(), goal: place() }));
}

export function solved(task: PackedTask<PathfindingParams>): PathfindingResult {
  return pathfinding.unpackResult(task, solvedBytes(task));
}

/** Solves a task as a volunteer does. */
export function solvedBytes({ params, attachments }: PackedTask<PathfindingParams>): PackedResult {
  const [cost = new Uint8Array(), queryBytes = new Uint8Array()] = attachments;
  const queries = readQueries(queryBytes);
  return encodePaths(params, cost, queries, finish(solvePaths(params, cost, queries)));
}

/** Cost of reaching each cell, by relaxing every step until nothing improves (Bellman-Ford): slow, but hard to get wrong. */
export function cheapestFrom({ grid, neighbours }: Omit<PathfindingInput, 'queries'>, [x, y]: [number, number]) {
  const { width, height, cost } = grid;
  const at = (cx: number, cy: number) =>
    cx >= 0 && cy >= 0 && cx < width && cy < height ? (cost[cy * width + cx] ?? 0) : 0;
  const best = new Float64Array(width * height).fill(Number.POSITIVE_INFINITY);
  if (at(x, y) > 0) best[y * width + x] = 0;
  for (let improved = true; improved; ) {
    improved = false;
    for (let cell = 0; cell < best.length; cell++) {
      const [cx, cy] = [cell % width, Math.floor(cell / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const isDiagonal = dx !== 0 && dy !== 0;
          if (isDiagonal && (neighbours === 4 || at(cx + dx, cy) === 0 || at(cx, cy + dy) === 0)) continue;
          const into = at(cx + dx, cy + dy);
          if (into === 0) continue;
          const total = (best[cell] ?? 0) + into * (isDiagonal ? Math.SQRT2 : 1);
          const next = (cy + dy) * width + cx + dx;
          if (total >= (best[next] ?? 0) - 1e-9) continue;
          best[next] = total;
          improved = true;
        }
      }
    }
  }
  return (to: readonly [number, number]) => best[to[1] * width + to[0]] ?? Number.POSITIVE_INFINITY;
}
