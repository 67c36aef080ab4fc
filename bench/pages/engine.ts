import { seededRandom } from '../../shared/seeded-random.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { randomGrid, randomQueries } from '../../shared/tasks/pathfinding/test-grids.ts';
import type { PathfindingInput } from '../../shared/tasks/pathfinding.ts';
import { swarm } from '../../shared/tasks/physics/test-bodies.ts';
import type { PhysicsInput } from '../../shared/tasks/physics.ts';
import { busyScene } from '../../shared/tasks/raytracing/test-scenes.ts';
import { FILTERS, NETWORKS, type Quality } from '../../shared/tasks/upscale.ts';
import type { Backend, BackendName } from '../../web/compute/backend.ts';
import { Engine } from '../../web/compute/engine.ts';
import { EXCLUSIVE_SLOT, testPattern } from '../../web/compute/filter-benchmark.ts';
import { JsBackend } from '../../web/compute/js-backend.ts';
import { OrtWasmBackend } from '../../web/compute/ort/ort-wasm-backend.ts';
import { cpuRuntime } from '../../web/compute/ort/runtime.ts';
import { nextMacrotask } from '../../web/compute/schedule.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { loadKernels } from '../../web/compute/wasm/open-wasm.ts';
import { WasmBackend } from '../../web/compute/wasm/wasm-backend.ts';
import { durationsMs, median, mediansInTurn, ratePerS } from '../measuring.ts';

/** This page's own engine, without a gamer or a volunteer. */

const now = () => performance.now();
const RUN = { owner: 'bench', signal: EXCLUSIVE_SLOT.signal };

/** Each kind of task on one engine, one after another: the first run, which must load nothing, and later ones. */
export async function measureTypes(preferBackend: BackendName) {
  const engine = await Engine.create({ gpu: navigator.gpu, now, preferBackend });
  const rates = [];
  for (const { what, type, task, cost } of works()) {
    let backend = '';
    const run = async () => {
      ({ backend } = await engine.execute(type, task, RUN));
    };
    const [firstMs = Number.NaN] = await durationsMs(1, run);
    const tookMs = median(await durationsMs(3, run));
    rates.push({ what, backend, firstMs, tookMs, unitsPerMs: cost / tookMs });
  }
  const { adapter } = engine.capabilities;
  engine.dispose();
  return { adapter, rates };
}

const SIDE = 128;

/** The tasks that are measured: some tens of milliseconds on a processor, seconds on a software GPU. */
function works() {
  const gravity: PhysicsInput['gravity'] = [0, -9.81, 0];
  const kinds: [what: string, type: string, input: unknown][] = [
    ['upscale, 160x90', 'upscale', { image: testPattern(160, 90) }],
    ['raytracing, 160x120 at 4 samples', 'raytracing', busyScene({ width: 160, height: 120 })],
    [`pathfinding, 64 agents to one goal on ${SIDE}x${SIDE}`, 'pathfinding', gathering(SIDE, 64, 1)],
    [`pathfinding, 8 to a goal each on ${SIDE}x${SIDE}`, 'pathfinding', gathering(SIDE, 8, 8)],
    ['physics, 500 bodies, 40 steps', 'physics', { bodies: swarm(500, 8, 1), gravity, timestepS: 0.01, steps: 40 }],
  ];
  return kinds.map(([what, type, input]) => {
    const definition = definitionOf(type);
    const task = definition.pack(input);
    return { what, type, task, cost: definition.cost(task.params) };
  });
}

/** Agents from everywhere that share a number of goals. */
function gathering(side: number, agents: number, goals: number): PathfindingInput {
  const random = seededRandom(agents + goals);
  const grid = randomGrid(side, side, random, 0.2);
  const queries = randomQueries(grid, agents, random);
  return {
    grid,
    neighbours: 8,
    queries: queries.map(({ start, goal }, i) => ({ start, goal: queries[i % goals]?.goal ?? goal })),
  };
}

const ROUNDS = 8;
const SIZE = { width: 640, height: 360 };
const PICTURES = 5;

/** Times, ms, to double a picture on the processor, by what computes it; measured in turn. */
export async function measureProcessor() {
  const models = servedModels('/models/');
  const { kernels } = await loadKernels();
  const one = new WasmBackend({ kernels, threads: 1, models, now });
  const two = new WasmBackend({ kernels, threads: kernels.isShared ? 2 : 1, models, now });
  const runtime = await cpuRuntime();
  runtime.env.wasm.numThreads = 1;
  const ort = new OrtWasmBackend(models, now);
  const js = new JsBackend(now);
  const picture = testPattern(SIZE.width, SIZE.height);
  const pixels = Uint8Array.from(picture.data, (value, i) => (i % 4 === 3 ? 255 : value));
  const shapeOf = (quality: Quality) => ({ ...SIZE, outWidth: SIZE.width * 2, outHeight: SIZE.height * 2, quality });
  const doubling = (backend: Backend, quality: Quality) => async () => {
    const once = async () => (await backend.startPixels(pixels, shapeOf(quality), EXCLUSIVE_SLOT)).finish();
    return median(await durationsMs(backend === js ? 1 : PICTURES, once));
  };
  const all = (name: string, backend: Backend, qualities: readonly Quality[]) =>
    qualities.map((quality) => [`${quality} ${name}`, doubling(backend, quality)] as const);
  // Helpers start with the first picture, which does not wait for them.
  for (let tries = 0; kernels.isShared && two.threads < 2 && tries < 100; tries++) await nextMacrotask();
  const ms = await mediansInTurn(
    Object.fromEntries([
      ...all('js', js, ['spatial']),
      ...all('wasm', one, [...FILTERS, ...NETWORKS]),
      ...all('wasm2', two, ['spatial', ...NETWORKS]),
      ...all('ort', ort, NETWORKS),
    ]),
    ROUNDS,
  );
  const { threads } = two;
  for (const backend of [one, two, ort]) backend.dispose();
  return { ms, threads };
}

/** As many as a gamer keeps waiting: the engine never has nothing to do. */
const WAITING = 4;

/** The part of the time, 0..1, in which the engine computed in `spanMs` at each share of it, under full demand. */
export async function measureShares(backend: BackendName, shares: readonly number[], spanMs: number) {
  const engine = await Engine.create({ gpu: navigator.gpu, now, preferBackend: backend });
  const task = definitionOf('raytracing').pack(busyScene({ width: 160, height: 120 }));
  const kept = [];
  for (const share of shares) {
    engine.share = share;
    const [startMs, busyBeforeMs] = [now(), engine.busyMs];
    await ratePerS({ window: WAITING, durationMs: spanMs }, () => engine.execute('raytracing', task, RUN));
    kept.push({ share, busy: (engine.busyMs - busyBeforeMs) / (now() - startMs) });
  }
  const { adapter } = engine.capabilities;
  engine.dispose();
  return { adapter, kept };
}
