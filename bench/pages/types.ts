import { durationsMs, median } from '../measuring.ts';
import { client, connect } from './gamer.ts';

const GRID_SIDE = 512;
const AGENTS = 32;
const ROWS = 512;
const INPUTS = 15;
const UNCACHED = { cache: false } as const;

let serial = 0;

/** A picture of a few spheres: some tenths of a second on a processor. */
function picture() {
  type Vector = [number, number, number];
  return {
    camera: { position: [0, 1, 6] as Vector, target: [0, 0, 0] as Vector, fovDeg: 45 },
    objects: [-1.2, 0, 1.2].map((x) => ({
      type: 'sphere' as const,
      center: [x, x / 3, -x] as Vector,
      radius: 0.8,
      material: { color: [0.8, 0.5, 0.4] as Vector, reflectivity: 0.3 },
    })),
    lights: [{ position: [3, 5, 4] as Vector, color: [0.9, 0.9, 0.9] as Vector }],
    ...{ width: 320, height: 240, samplesPerPixel: 32, seed: ++serial },
  };
}

/** Agents with a goal each: a search for each of them can go to any volunteer. */
function searches() {
  const cost = Uint8Array.from({ length: GRID_SIDE ** 2 }, (_, i) => 1 + ((i * 7 + (i >> 9) * 13 + serial) % 9));
  serial++;
  const queries = Array.from({ length: AGENTS }, (_, i) => ({
    start: [i, 0] as [number, number],
    goal: [GRID_SIDE - 1 - 8 * i, GRID_SIDE - 1] as [number, number],
  }));
  return { grid: { width: GRID_SIDE, height: GRID_SIDE, cost }, neighbours: 8 as const, queries };
}

/** One row of the steering policy. */
function row() {
  const data = Float32Array.from({ length: INPUTS }, (_, i) => Math.sin(++serial + i));
  return { model: 'steering', inputs: { observation: { type: 'float32', dims: [1, INPUTS], data } } };
}

const WORKS = {
  raytracing: () => client().submitTask('raytracing', picture(), UNCACHED).result,
  pathfinding: () => client().submitTask('pathfinding', searches(), UNCACHED).result,
  infer: () => Promise.all(Array.from({ length: ROWS }, () => client().submitTask('infer', row(), UNCACHED).result)),
};

/** First rounds, in which the client learns the volunteers' speeds; they do not count. */
const LEARNING = 2;

/** Time for the same work by type, ms. */
export async function measureTogether({ room, volunteers }: { room: string; volunteers: number }) {
  await connect({ room, volunteers });
  const tookMs: Record<string, number> = {};
  for (const [type, work] of Object.entries(WORKS)) {
    tookMs[type] = median((await durationsMs(LEARNING + 3, work)).slice(LEARNING));
  }
  return tookMs;
}
