import { client, connect } from './gamer.mjs';
import { median } from './statistics.mjs';

const GRID_SIDE = 512;
const SAMPLES = 32;
const ROWS = 512;
const INPUTS = 15;

/** Different each time it is asked for, so that no cache answers. */
let serial = 0;

/** A picture of a few spheres: some tenths of a second on a processor. */
function picture() {
  /** @type {[number, number, number]} */
  const origin = [0, 0, 0];
  return {
    camera: { position: /** @type {[number, number, number]} */ ([0, 1, 6]), target: origin, fovDeg: 45 },
    objects: [-1.2, 0, 1.2].map((x) => ({
      type: /** @type {const} */ ('sphere'),
      center: /** @type {[number, number, number]} */ ([x, x / 3, -x]),
      radius: 0.8,
      material: { color: /** @type {[number, number, number]} */ ([0.8, 0.5, 0.4]), reflectivity: 0.3 },
    })),
    lights: [
      {
        position: /** @type {[number, number, number]} */ ([3, 5, 4]),
        color: /** @type {[number, number, number]} */ ([0.9, 0.9, 0.9]),
      },
    ],
    ...{ width: 320, height: 240, samplesPerPixel: SAMPLES, seed: ++serial },
  };
}

/** Thirty-two agents, each with a goal of its own: a search for each can be anybody's. */
function journeys() {
  const cost = Uint8Array.from({ length: GRID_SIDE ** 2 }, (_, i) => 1 + ((i * 7 + (i >> 9) * 13 + serial) % 9));
  serial++;
  const queries = Array.from({ length: 32 }, (_, i) => ({
    start: /** @type {[number, number]} */ ([i, 0]),
    goal: /** @type {[number, number]} */ ([GRID_SIDE - 1 - 8 * i, GRID_SIDE - 1]),
  }));
  return { grid: { width: GRID_SIDE, height: GRID_SIDE, cost }, neighbours: /** @type {const} */ (8), queries };
}

/** A row of the steering policy. */
function row() {
  const data = Float32Array.from({ length: INPUTS }, (_, i) => Math.sin(++serial + i));
  return { model: 'steering', inputs: { observation: { type: 'float32', dims: [1, INPUTS], data } } };
}

const WORKS = {
  raytracing: () => client().submitTask('raytracing', picture(), { cache: false }).result,
  pathfinding: () => client().submitTask('pathfinding', journeys(), { cache: false }).result,
  infer: () =>
    Promise.all(Array.from({ length: ROWS }, () => client().submitTask('infer', row(), { cache: false }).result)),
};

/**
 * What the same takes with so many volunteers, ms, by type; the first rounds are for learning their speeds.
 * @param {{ room: string, volunteers: number, learning: number, rounds: number }} options
 */
export async function measureTogether({ room, volunteers, learning, rounds }) {
  await connect({ room, volunteers });
  /** @type {Record<string, number>} */
  const tookMs = {};
  for (const [type, work] of Object.entries(WORKS)) {
    const times = [];
    for (let round = 0; round < learning + rounds; round++) {
      const startedMs = performance.now();
      await work();
      if (round >= learning) times.push(performance.now() - startedMs);
    }
    tookMs[type] = median(times);
  }
  return tookMs;
}
