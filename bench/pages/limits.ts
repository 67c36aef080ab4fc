import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { busyScene } from '../../shared/tasks/raytracing/test-scenes.ts';
import type { BackendName } from '../../web/compute/backend.ts';
import { Engine } from '../../web/compute/engine.ts';

/** This page's own engine under full demand at a share of the time. */

const now = () => performance.now();
const never = new AbortController().signal;
/** As many as a gamer keeps waiting: the engine never has nothing to do. */
const WAITING = 4;
/** Work that the engine does without a share, to compare with. */
const REFERENCE_MS = 5_000;

interface Demand {
  elapsedMs: number;
  busyMs: number;
  tasks: number;
}

/** What the engine did in `spanMs` at each share, beside what it does when all of the time is its own. */
export async function measureShares(backend: BackendName, shares: readonly number[], spanMs: number) {
  const engine = await Engine.create({ gpu: navigator.gpu, now, preferBackend: backend });
  const definition = definitionOf('raytracing');
  const task = definition.pack(busyScene({ width: 160, height: 120 }));
  const demand = async (share: number, forMs: number): Promise<Demand> => {
    engine.share = share;
    const [startMs, busyBeforeMs] = [now(), engine.busyMs];
    let tasks = 0;
    const keepAsking = async () => {
      while (now() - startMs < forMs) {
        await engine.execute('raytracing', task, { owner: 'bench', signal: never });
        tasks++;
      }
    };
    await Promise.all(Array.from({ length: WAITING }, keepAsking));
    return { elapsedMs: now() - startMs, busyMs: engine.busyMs - busyBeforeMs, tasks };
  };
  await demand(1, 1_000);
  const all = await demand(1, REFERENCE_MS);
  const taskMs = all.elapsedMs / all.tasks;
  const kept = [];
  for (const share of shares) {
    const { elapsedMs, busyMs, tasks } = await demand(share, spanMs);
    kept.push({ share, busy: busyMs / elapsedMs, done: (tasks * taskMs) / elapsedMs });
  }
  const { adapter } = engine.capabilities;
  engine.dispose();
  return { adapter, kept };
}
