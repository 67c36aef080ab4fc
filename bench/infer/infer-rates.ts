import { type InferInput, infer } from '../../shared/tasks/infer.ts';
import type { BackendName } from '../../web/compute/backend.ts';
import { Engine } from '../../web/compute/engine.ts';
import { servedModels } from '../../web/compute/test-models.ts';

const ROWS = 256;
const ROUNDS = 8;
const INPUTS = 15;

export interface InferRates {
  /** What ran it. */
  backend: string;
  /** Rows a second: each a task of its own, waited for before the next; all of them submitted at once; all rows in one task. */
  oneByOne: number;
  together: number;
  oneTask: number;
}

/** The steering policy on one engine, in tasks of one row and in one of many. All three ways in each round, so that all meet the same load. */
export async function measureInfer(preferBackend: BackendName): Promise<InferRates> {
  const models = servedModels('/models/');
  const now = () => performance.now();
  const engine = await Engine.create({ gpu: navigator.gpu, now, models, onnx: models, preferBackend });
  const tasks = Array.from({ length: ROWS }, (_, i) => infer.pack(steering(1, i)));
  const whole = infer.pack(steering(ROWS, 0));
  const run = (task: (typeof tasks)[number]) =>
    engine.execute('infer', task, { owner: 'bench', signal: new AbortController().signal });
  const ways = {
    oneByOne: async () => {
      for (const task of tasks) await run(task);
    },
    together: () => Promise.all(tasks.map(run)),
    oneTask: () => run(whole),
  };
  const { backend } = await run(whole);
  const times = { oneByOne: [] as number[], together: [] as number[], oneTask: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ['oneByOne', 'together', 'oneTask'] as const) {
      const startMs = now();
      await ways[name]();
      // The first is for compiling.
      if (round > 0) times[name].push(now() - startMs);
    }
  }
  engine.dispose();
  const rate = (of: readonly number[]) =>
    (ROWS * 1_000) / ([...of].sort((a, b) => a - b)[of.length >> 1] ?? Number.NaN);
  return { backend, oneByOne: rate(times.oneByOne), together: rate(times.together), oneTask: rate(times.oneTask) };
}

function steering(rows: number, from: number): InferInput {
  const data = Float32Array.from({ length: rows * INPUTS }, (_, i) => Math.sin(from + i));
  return { model: 'steering', inputs: { observation: { type: 'float32', dims: [rows, INPUTS], data } } };
}
