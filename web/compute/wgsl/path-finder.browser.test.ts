// Protects: paths found on the GPU cost exactly what the reference's paths cost, and pass every check.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { finish, type Steps } from '../../../shared/tasks/definition.ts';
import { randomGrid, randomQueries, solved } from '../../../shared/tasks/pathfinding/test-grids.ts';
import { type PathfindingInput, pathfinding } from '../../../shared/tasks/pathfinding.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { openDevice } from './gpu-device.ts';
import { WgslPathFinder } from './path-finder.ts';

let device: GPUDevice;
let finder: WgslPathFinder;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('This browser has no WebGPU adapter.');
  ({ device } = opened);
  finder = new WgslPathFinder(device, () => performance.now());
});

afterAll(() => device.destroy());

async function find(input: PathfindingInput, slot = EXCLUSIVE_SLOT) {
  const task = pathfinding.pack(input);
  const packed = await finder.run(task, slot);
  return { task, packed, result: pathfinding.unpackResult(task, packed) };
}

/** All agents head for the first `goals` goals. */
function gathering(
  grid: PathfindingInput['grid'],
  agents: number,
  seed: number,
  goals = 1,
): PathfindingInput['queries'] {
  const queries = randomQueries(grid, agents, seededRandom(seed));
  return queries.map(({ start, goal }, i) => ({ start, goal: queries[i % goals]?.goal ?? goal }));
}

/** A serpentine of cells with a cost of up to 255, the longest path that a grid can have. */
function winding(width: number, height: number): PathfindingInput['grid'] {
  const cost = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isGap = x === (y % 4 === 1 ? width - 1 : 0);
      if (y % 2 === 0 || isGap) cost[y * width + x] = 200 + ((x * 7 + y) % 56);
    }
  }
  return { width, height, cost };
}

/** Agents that walk the whole serpentine to different goals at its end. */
function wanderers({ width, height }: PathfindingInput['grid'], goals: number): PathfindingInput['queries'] {
  const last = height - 1 - ((height - 1) % 2);
  return Array.from({ length: 3 * goals }, (_, i) => ({
    start: [i, 0] as [number, number],
    goal: [width - 1 - (i % goals), last] as [number, number],
  }));
}

const random = seededRandom(3);
/** Larger than two tiles of the kernel one way at least, and no multiple of a tile: a software GPU takes a second for a grid of twice the size. */
const GRIDS: [string, PathfindingInput['grid']][] = [
  ['walls here and there', randomGrid(36, 33, random)],
  ['few walls', randomGrid(34, 39, random, 0.1)],
  ['walls nearly everywhere', randomGrid(40, 40, random, 0.5)],
  ['one cost', { width: 24, height: 48, cost: new Uint8Array(24 * 48).fill(255) }],
  ['a single row', randomGrid(90, 1, random, 0)],
  ['a single cell', { width: 1, height: 1, cost: Uint8Array.of(7) }],
  ['one way that winds through all of it', winding(21, 35)],
];

test.each(GRIDS.flatMap(([name, grid]) => [[name, 4, grid] as const, [name, 8, grid] as const]))(
  '%s, %i neighbours: each path costs what the reference says',
  async (_, neighbours, grid) => {
    // Another start and other goals with each rule; a software GPU searches for a second.
    const queries = [...gathering(grid, 12, neighbours, 3), ...gathering(grid, 2, neighbours + 50, 2)];
    const { task, result } = await find({ grid, neighbours, queries });
    expect(result.paths.map((path) => path?.cost)).toEqual(solved(task).paths.map((path) => path?.cost));
    for (let look = 0; look < 10; look++) finish(pathfinding.verify(task, result, seededRandom(look)) as Steps<void>);
  },
);

test('equal tasks give equal paths', async () => {
  const grid = { width: 60, height: 60, cost: new Uint8Array(3_600).fill(1) };
  const input: PathfindingInput = { grid, neighbours: 8, queries: gathering(grid, 20, 4) };
  expect((await find(input)).packed).toEqual((await find(input)).packed);
});

test('from a wall or into one there is no path, and from the goal to itself it is empty', async () => {
  const grid = { width: 3, height: 1, cost: Uint8Array.of(1, 0, 1) };
  const at = (start: number, goal: number) => ({
    start: [start, 0] as [number, number],
    goal: [goal, 0] as [number, number],
  });
  const queries = [at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(1, 1), at(2, 1)];
  const { result } = await find({ grid, neighbours: 8, queries });
  expect(result.paths).toEqual([{ points: [[0, 0]], cost: 0 }, null, null, null, null, null]);
});

test('a long search yields to other work, and ends when it is cancelled', async () => {
  const grid = winding(64, 64);
  let looks = 0;
  const yieldNow = async () => {
    looks++;
    if (looks > 2) throw new Error('cancelled');
  };
  const queries = wanderers(grid, 1);
  await expect(find({ grid, neighbours: 4, queries }, { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toThrow('cancelled');
  expect(looks).toBe(3);
});

test('nothing is allocated between two checks', async () => {
  const grid = winding(40, 40);
  const made: number[] = [];
  const original = device.createBuffer.bind(device);
  let buffers = 0;
  device.createBuffer = (descriptor) => {
    buffers++;
    return original(descriptor);
  };
  try {
    const yieldNow = async () => {
      made.push(buffers);
    };
    await find({ grid, neighbours: 4, queries: wanderers(grid, 3) }, { ...EXCLUSIVE_SLOT, yieldNow });
  } finally {
    device.createBuffer = original;
  }
  expect(made.length).toBeGreaterThan(2);
  expect(new Set(made).size).toBe(1);
});

test('a lost device is reported', async () => {
  const opened = await openDevice(navigator.gpu);
  const doomed = new WgslPathFinder(opened?.device ?? device, () => performance.now());
  const yieldNow = async () => opened?.device.destroy();
  const grid = winding(64, 64);
  const task = pathfinding.pack({ grid, neighbours: 4, queries: wanderers(grid, 1) });
  await expect(doomed.run(task, { ...EXCLUSIVE_SLOT, yieldNow })).rejects.toMatchObject({ reason: 'device-lost' });
});
