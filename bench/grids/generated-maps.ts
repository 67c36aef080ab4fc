import { seededRandom } from '../../shared/seeded-random.ts';
import { finish } from '../../shared/tasks/definition.ts';
import { Grid } from '../../shared/tasks/pathfinding/grid.ts';
import { regionsOf } from '../../shared/tasks/pathfinding/solve.ts';

/** A map of cells that are free (1) or walls (0), row by row. */
export interface GridMap {
  name: string;
  width: number;
  height: number;
  cost: Uint8Array;
}

/** The regions of cells that reach one another: the number of the region by cell of `grid`, 0 for walls, and how many cells each has. */
export function regionsIn({ width, height, cost }: GridMap) {
  const grid = new Grid({ width, height, neighbours: 8 }, cost);
  const regions = finish(regionsOf(grid));
  const sizes = new Map<number, number>();
  for (const region of regions) if (region > 0) sizes.set(region, (sizes.get(region) ?? 0) + 1);
  return { grid, regions, sizes };
}

/** Side of each map, as most maps of the Moving AI benchmark (https://movingai.com/benchmarks/grids.html) have it. */
const SIDE = 512;

type Random = () => number;

/** Of the kinds that the Moving AI benchmark has: four mazes, four of rooms, and four open ones with scattered walls. `--grids` takes its maps of games. */
export function generatedMaps(): GridMap[] {
  return [
    ...[1, 2, 4, 16].map((corridor) =>
      map(`maze, corridors of ${corridor}`, (cost, random) => maze(cost, corridor, random)),
    ),
    ...[8, 16, 32, 64].map((side) => map(`rooms of ${side}`, (cost, random) => rooms(cost, side, random))),
    ...[0.02, 0.1, 0.25, 0.35].map((share) =>
      map(`open, ${100 * share} % walls`, (cost, random) => scatter(cost, share, random)),
    ),
  ];
}

function map(name: string, draw: (cost: Uint8Array, random: Random) => void): GridMap {
  const cost = new Uint8Array(SIDE * SIDE).fill(1);
  draw(cost, seededRandom(1));
  return { name, width: SIDE, height: SIDE, cost };
}

/** Walks from room to room, depth first, and opens the wall between. */
function maze(cost: Uint8Array, corridor: number, random: Random): void {
  cost.fill(0);
  const pitch = corridor + 1;
  const count = Math.floor(SIDE / pitch);
  const seen = new Uint8Array(count * count);
  const open = (column: number, row: number, toColumn: number, toRow: number) => {
    const [left, top] = [Math.min(column, toColumn) * pitch, Math.min(row, toRow) * pitch];
    const [right, bottom] = [Math.max(column, toColumn) * pitch, Math.max(row, toRow) * pitch];
    fill(cost, 1, left, top, right - left + corridor, bottom - top + corridor);
  };
  const way: [number, number][] = [[0, 0]];
  seen[0] = 1;
  for (let here = way.at(-1); here; here = way.at(-1)) {
    const [column, row] = here;
    const sides: [number, number][] = [
      [column + 1, row],
      [column, row + 1],
      [column - 1, row],
      [column, row - 1],
    ];
    const next = sides.filter(([x, y]) => x >= 0 && y >= 0 && x < count && y < count && seen[y * count + x] === 0);
    const chosen = next[Math.floor(random() * next.length)];
    if (!chosen) {
      way.pop();
      continue;
    }
    seen[chosen[1] * count + chosen[0]] = 1;
    open(column, row, ...chosen);
    way.push(chosen);
  }
}

/** Square rooms with a door of one cell in most of their walls. */
function rooms(cost: Uint8Array, side: number, random: Random): void {
  const doorShare = 0.7;
  const pitch = side + 1;
  for (let at = side; at < SIDE; at += pitch) {
    fill(cost, 0, at, 0, 1, SIDE);
    fill(cost, 0, 0, at, SIDE, 1);
  }
  for (let wall = side; wall < SIDE; wall += pitch) {
    for (let room = 0; room < SIDE; room += pitch) {
      const door = room + Math.floor(random() * Math.min(side, SIDE - room));
      if (random() < doorShare) cost[door * SIDE + wall] = 1;
      if (random() < doorShare) cost[wall * SIDE + door] = 1;
    }
  }
}

function scatter(cost: Uint8Array, share: number, random: Random): void {
  for (let cell = 0; cell < cost.length; cell++) if (random() < share) cost[cell] = 0;
}

function fill(cost: Uint8Array, value: number, left: number, top: number, width: number, height: number): void {
  for (let y = top; y < Math.min(SIDE, top + height); y++) {
    cost.fill(value, y * SIDE + left, y * SIDE + Math.min(SIDE, left + width));
  }
}
