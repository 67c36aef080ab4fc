import PF from 'pathfinding';
import { seededRandom } from '../../shared/seeded-random.ts';
import { finish } from '../../shared/tasks/definition.ts';
import { type PathfindingInput, pathfinding } from '../../shared/tasks/pathfinding.ts';
import { findPaths } from '../../web/compute/js-backend.ts';
import type { Section } from '../context.ts';
import { type GridMap, generatedMaps, regionsIn } from '../grids/generated-maps.ts';
import { type MapWithQueries, readMaps } from '../grids/moving-ai.ts';
import { figure, type Row, short } from '../report.ts';

type Queries = PathfindingInput['queries'];

const MAPS = 12;
const SCENARIOS = 200;
/** Queries of each map that are not counted: all three are compiled by then. */
const WARM_UP = 3;
/** Relative error of a sum of ten thousand steps in double precision, and more. */
const SAME_COST = 1e-9;

export const paths: Section = {
  name: 'paths',
  about:
    "pathfinding on 12 maps (generated, or --grids DIR), a query at a time, beside A* and JPS of npm's pathfinding",
  onlyWhenNamed: true,
  // Ours is measured with all that a task is: checking and copying its input, encoding and decoding its result. The others
  // get a grid that is ready.
  async run({ settings: { gridsDir } }) {
    const maps: MapWithQueries[] = gridsDir
      ? (await readMaps(gridsDir)).slice(0, MAPS)
      : generatedMaps().map((map) => ({ map, queries: [] }));
    const rows: Row[] = [];
    for (const [at, { map, queries }] of maps.entries()) {
      const count = Math.floor(((at + 1) * SCENARIOS) / maps.length) - Math.floor((at * SCENARIOS) / maps.length);
      rows.push(measure(map, queries.length > 0 ? spread(queries, count) : randomQueries(map, count)));
    }
    return rows;
  },
};

function measure({ name, width, height, cost }: GridMap, queries: Queries): Row {
  const walkable = Array.from({ length: height }, (_, y) =>
    [...cost.subarray(y * width, (y + 1) * width)].map((c) => 1 - c),
  );
  const plain = new PF.Grid(walkable);
  const options = { diagonalMovement: PF.DiagonalMovement.OnlyWhenNoObstacles, heuristic: PF.Heuristic.octile };
  const aStar = new PF.AStarFinder(options);
  const jumps = PF.JumpPointFinder(options);
  const totalMs = { ours: 0, jumps: 0, aStar: 0 };
  let unequal = 0;
  const one = ({ start, goal }: Queries[number]) => {
    const [forAStar, forJumps] = [plain.clone(), plain.clone()];
    const ours = timed(() => solved({ grid: { width, height, cost }, neighbours: 8, queries: [{ start, goal }] }));
    const jumped = timed(() => jumps.findPath(...start, ...goal, forJumps));
    const found = timed(() => aStar.findPath(...start, ...goal, forAStar));
    const wanted = found.value.length > 0 ? lengthOf(found.value) : Number.POSITIVE_INFINITY;
    const given = ours.value.paths[0]?.cost ?? Number.POSITIVE_INFINITY;
    const isEqual = wanted === given || Math.abs(wanted - given) <= SAME_COST * wanted;
    return { isEqual, ms: { ours: ours.ms, jumps: jumped.ms, aStar: found.ms } };
  };
  for (const query of queries.slice(0, WARM_UP)) one(query);
  for (const query of queries) {
    const { isEqual, ms } = one(query);
    if (!isEqual) unequal++;
    for (const who of ['ours', 'jumps', 'aStar'] as const) totalMs[who] += ms[who];
  }
  const each = (ms: number) => `${short(ms / queries.length)} ms`;
  const note = `${each(totalMs.ours)}, JPS ${each(totalMs.jumps)}, A* ${each(totalMs.aStar)}; ${queries.length} queries, ${unequal} of another cost`;
  const best = Math.min(totalMs.jumps, totalMs.aStar);
  return figure(`${name}: faster than the better of the two`, unequal === 0 ? best / totalMs.ours : Number.NaN, 'x', {
    note,
    above: 1,
  });
}

function solved(input: PathfindingInput) {
  const task = pathfinding.pack(input);
  return pathfinding.unpackResult(task, finish(findPaths(task)));
}

function timed<T>(work: () => T): { value: T; ms: number } {
  const startMs = performance.now();
  const value = work();
  return { value, ms: performance.now() - startMs };
}

function lengthOf(points: readonly (readonly number[])[]): number {
  let diagonal = 0;
  for (let i = 1; i < points.length; i++) {
    const [[fromX, fromY] = [], [toX, toY] = []] = [points[i - 1], points[i]];
    if (fromX !== toX && fromY !== toY) diagonal++;
  }
  return points.length - 1 - diagonal + diagonal * Math.SQRT2;
}

/** Pairs of free cells in the map's largest region: what joins nothing is no scenario. */
function randomQueries(map: GridMap, count: number): Queries {
  const { grid, regions, sizes } = regionsIn(map);
  const [[largest] = [0]] = [...sizes].sort(([, one], [, other]) => other - one);
  const random = seededRandom(2);
  const place = (): [number, number] => {
    for (;;) {
      const [x, y] = [Math.floor(random() * map.width), Math.floor(random() * map.height)];
      if (regions[grid.cellAt(x, y)] === largest) return [x, y];
    }
  };
  return Array.from({ length: count }, () => ({ start: place(), goal: place() }));
}

/** As many of a list, evenly. */
function spread(queries: Queries, count: number): Queries {
  return Array.from({ length: count }, (_, at) => queries[Math.floor(((at + 0.5) * queries.length) / count)]).filter(
    (query) => query !== undefined,
  );
}
