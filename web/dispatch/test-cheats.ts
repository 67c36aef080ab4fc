import { systemClock } from '../../shared/clock.ts';
import { seededRandom } from '../../shared/seeded-random.ts';
import { type AnyTaskDefinition, definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedTask, PixelImage } from '../../shared/tasks/definition.ts';
import { randomGrid, randomQueries, solved } from '../../shared/tasks/pathfinding/test-grids.ts';
import { type PathfindingResult, pathfinding } from '../../shared/tasks/pathfinding.ts';
import type { PhysicsResult } from '../../shared/tasks/physics/bodies.ts';
import { task as bodiesTask, simulated, swarm } from '../../shared/tasks/physics/test-bodies.ts';
import { busyScene, painted } from '../../shared/tasks/raytracing/test-scenes.ts';
import { raytracing } from '../../shared/tasks/raytracing.ts';
import { type UpscaleParams, upscale } from '../../shared/tasks/upscale.ts';
import { upscaleReference } from '../compute/reference/upscale.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import { type CheckedJob, Verifier } from './result-checker.ts';

/** One task, an honest volunteer's result of it, and how long that took. */
export interface Done {
  task: PackedTask;
  result: unknown;
  workMs: number;
}

/** A kind of work and the ways to cheat at it; `other` is an honest result of another task of that kind. */
export interface Work {
  definition: AnyTaskDefinition;
  done: readonly Done[];
  cheats: Readonly<Record<string, (result: unknown, other: unknown, random: () => number) => unknown>>;
}

interface Pictured {
  image: PixelImage;
}

export function allWorks(): Work[] {
  const random = seededRandom(11);
  const inPictures = {
    'stale frame': (_: unknown, other: unknown) => other,
    'wrong tile': (result: unknown) =>
      withPixels(result, ({ data }, i) => data[(i + data.length / 2) % data.length] ?? 0),
    'plausible noise': (result: unknown, _: unknown, chance: () => number) =>
      withPixels(result, ({ data }, i) => (data[i] ?? 0) + (i % 4 === 3 ? 0 : (chance() - 0.5) * 24)),
  };
  return [
    {
      definition: definitionOf('upscale'),
      done: [1, 2].map((seed) => timed(upscale.pack({ image: scene(320, 180, seed) }), upscaled)),
      cheats: inPictures,
    },
    {
      definition: definitionOf('raytracing'),
      done: [1, 2].map((seed) =>
        timed(raytracing.pack({ ...busyScene(), seed, width: 160 + seed, height: 120 }), painted),
      ),
      cheats: { 'wrong tile': inPictures['wrong tile'], 'plausible noise': inPictures['plausible noise'] },
    },
    {
      definition: definitionOf('pathfinding'),
      done: [0, 1].map(() => {
        const grid = randomGrid(200, 200, random, 0.2);
        return timed(pathfinding.pack({ grid, neighbours: 8, queries: randomQueries(grid, 40, random) }), solved);
      }),
      cheats: { 'off-by-one path': (result) => offByOne(result as PathfindingResult) },
    },
    {
      definition: definitionOf('physics'),
      done: [1, 2].map((seed) => timed(bodiesTask(swarm(300, 6, seed), { steps: 400 }), (task) => simulated(task))),
      cheats: { 'energy gain': (result) => faster(result as PhysicsResult) },
    },
  ];
}

/**
 * A gamer's checks of a volunteer that gives a wrong result now and then, until it is barred. The same in each run.
 *
 * @param rate - the share of its results that are wrong, 0..1
 * @param results - how many it gives at most
 */
export async function runCheat(work: Work, cheat: string, options: { rate: number; results: number; seed: number }) {
  const { definition, done, cheats } = work;
  const { rate, results, seed } = options;
  const random = seededRandom(seed * 7_919);
  const trust = new VolunteerTrust(random);
  const verifier = newVerifier(random);
  const { type } = definition;
  let [given, wrong, delivered] = [0, 0, 0];
  while (given < results && !trust.isBarred('cheat')) {
    const it = doneAt(done, given);
    const other = doneAt(done, given + 1);
    given++;
    const isWrong = random() < rate;
    const result = isWrong ? cheats[cheat]?.(it.result, other.result, random) : it.result;
    if (isWrong) wrong++;
    if (!trust.isCheckDue('cheat', type)) {
      if (isWrong) delivered++;
      continue;
    }
    const verdict = await verdictOn(verifier, definition, it, result);
    if (verdict.kind === 'wrong') trust.wrong({ volunteerId: 'cheat', work: type, error: verdict.error });
    else {
      trust.right('cheat', type);
      if (isWrong) delivered++;
    }
  }
  return { given, wrong, delivered, isBarred: trust.isBarred('cheat') };
}

export function doneAt(done: readonly Done[], n: number): Done {
  const it = done[n % done.length];
  if (!it) throw new Error('There is no work.');
  return it;
}

/** What the check of a volunteer's result finds. */
export function verdictOn(
  verifier: Verifier<CheckedJob>,
  definition: Work['definition'],
  { task }: Done,
  result: unknown,
) {
  return verifier.check({ type: definition.type, definition, packed: task }, result, 'cheat');
}

/** Checks here: nobody else is there to replicate a result. */
export function newVerifier(random: () => number): Verifier<CheckedJob> {
  return new Verifier<CheckedJob>({
    random,
    now: systemClock.now,
    after: systemClock.after,
    rest: async () => {},
    replicate: async () => {
      throw new Error('Nobody else is here to replicate it.');
    },
    compute: async (_type, task) => {
      const { image } = upscaled(task as PackedTask<UpscaleParams>);
      return { value: null, attachments: [new Uint8Array(image.data.buffer)] };
    },
  });
}

function timed<Params>(task: PackedTask<Params>, run: (task: PackedTask<Params>) => unknown): Done {
  const startMs = performance.now();
  const result = run(task);
  return { task, result, workMs: performance.now() - startMs };
}

function upscaled({ params, attachments }: PackedTask<UpscaleParams>): Pictured {
  const { width, height, outWidth, outHeight, quality } = params;
  if (quality !== 'bilinear' && quality !== 'spatial') throw new Error('These works have no networks.');
  const data = upscaleReference(
    { width, height, data: attachments[0] ?? new Uint8Array(0) },
    { outWidth, outHeight, quality },
  );
  return { image: { width: outWidth, height: outHeight, data } };
}

/** A picture with edges, gradients and texture everywhere. */
function scene(width: number, height: number, seed: number): PixelImage {
  const random = seededRandom(seed);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = Math.floor(x / (5 + seed)) + Math.floor(y / 9);
      data.set([(block * 83) % 256, (x * 255) / width, 60 + 60 * random(), 255], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

function withPixels(result: unknown, value: (image: PixelImage, i: number) => number): Pictured {
  const { image } = result as Pictured;
  return { image: { ...image, data: Uint8ClampedArray.from(image.data, (_, i) => value(image, i)) } };
}

/** Moves one point of the longest path by one. */
function offByOne({ paths }: PathfindingResult): PathfindingResult {
  const lengthOf = (at: number) => paths[at]?.points.length ?? 0;
  const longest = paths.reduce((best, _, at) => (lengthOf(at) > lengthOf(best) ? at : best), 0);
  return {
    paths: paths.map((path, at) =>
      path && at === longest
        ? { ...path, points: path.points.map(([x, y], i) => (i === 2 ? [x + 1, y] : [x, y])) }
        : path,
    ),
  };
}

function faster(result: PhysicsResult): PhysicsResult {
  const [x, y, z] = [0, 1, 2] as const;
  return {
    ...result,
    bodies: result.bodies.map(({ position, velocity }) => ({
      position,
      velocity: [velocity[x] * 1.01, velocity[y] * 1.01, velocity[z] * 1.01],
    })),
  };
}
