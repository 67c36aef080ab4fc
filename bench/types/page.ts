import type { BackendName } from '../../web/compute/backend.ts';
import { Engine } from '../../web/compute/engine.ts';
import { works } from './works.ts';

const ROUNDS = 3;

export interface TypeRate {
  what: string;
  /** What ran it: the processor runs what a GPU is not worth. */
  backend: string;
  /** Median of a task's time. */
  tookMs: number;
  /** Of the type's cost(). */
  unitsPerMs: number;
}

/** Each kind of task on one engine, one after another. The first run pays for compiling and is not counted. */
export async function measureTypes(preferBackend: BackendName): Promise<{ adapter: string; rates: TypeRate[] }> {
  const now = () => performance.now();
  const engine = await Engine.create({ gpu: navigator.gpu, now, preferBackend });
  const rates: TypeRate[] = [];
  for (const { what, type, task, cost } of works()) {
    const times: number[] = [];
    let backend = '';
    for (let round = 0; round <= ROUNDS; round++) {
      const startMs = now();
      ({ backend } = await engine.execute(type, task, { owner: 'bench', signal: new AbortController().signal }));
      if (round > 0) times.push(now() - startMs);
    }
    const tookMs = times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
    rates.push({ what, backend, tookMs, unitsPerMs: cost / tookMs });
  }
  const { adapter } = engine.capabilities;
  engine.dispose();
  return { adapter, rates };
}
