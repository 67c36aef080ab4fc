import { MeshError } from '../../../shared/errors.ts';
import { agrees, elementsIn } from '../../../shared/tasks/infer/tensors.ts';
import type { RunInTurn } from '../network-probe.ts';
import type { NamedTensor, OnnxSession } from '../ort/onnx-sessions.ts';
import { type ModelShape, shapeOf } from './model-shape.ts';

/** Runs of a model on each backend before the faster one is chosen; the first run pays for compiling. */
const PROBE_RUNS = 3;

interface Timed {
  session: OnnxSession;
  ms: number;
  outputs: NamedTensor[];
}

/** A model that is ready on this machine, every way it runs; after its first task only the fastest of those that give right answers. */
export class LoadedModel {
  readonly shape: ModelShape;
  /** Of the last run; null before the first. Which rows are run at a time depends on it. */
  msPerRow: number | null = null;
  #sessions: readonly OnnxSession[];
  #choosing: Promise<OnnxSession> | null = null;
  #uses = 0;
  #isRetired = false;

  /** @param sessions - the first is the one whose answers are right. Owned. Throws MeshError `unknown-model`. */
  constructor(sessions: readonly [OnnxSession, ...OnnxSession[]]) {
    this.#sessions = sessions;
    this.shape = shapeOf(sessions[0]);
  }

  /** Measured with the inputs of the first task, which must fit it. Throws MeshError `volunteer-failed`, `device-lost`. */
  session(inputs: readonly NamedTensor[], run: RunInTurn, now: () => number): Promise<OnnxSession> {
    this.#choosing ??= this.#choose(inputs, run, now).catch((cause: unknown) => {
      // It may have been these inputs.
      this.#choosing = null;
      throw cause;
    });
    return this.#choosing;
  }

  /** Until what is returned is called, it stays. */
  hold(): () => void {
    this.#uses++;
    return () => {
      this.#uses--;
      this.#releaseIfOver();
    };
  }

  /** Releases it once nobody holds it. */
  retire(): void {
    this.#isRetired = true;
    this.#releaseIfOver();
  }

  #releaseIfOver(): void {
    if (!this.#isRetired || this.#uses > 0) return;
    for (const session of this.#sessions) session.release();
    this.#sessions = [];
  }

  async #choose(inputs: readonly NamedTensor[], run: RunInTurn, now: () => number): Promise<OnnxSession> {
    const [reference, ...others] = this.#sessions;
    if (!reference) throw MeshError.closed('The model');
    if (others.length === 0) return reference;
    const right = await timed(reference, inputs, run, now);
    let best = right;
    for (const session of others) {
      // One that does not run it is no way to run it.
      const tried = await timed(session, inputs, run, now).catch(() => null);
      if (tried && tried.ms < best.ms && agrees(toTensors(right.outputs), toTensors(tried.outputs))) best = tried;
    }
    for (const session of this.#sessions) if (session !== best.session) session.release();
    this.#sessions = [best.session];
    return best.session;
  }
}

/** The best of a few runs. */
async function timed(
  session: OnnxSession,
  inputs: readonly NamedTensor[],
  run: RunInTurn,
  now: () => number,
): Promise<Timed> {
  let best: Timed | null = null;
  for (let n = 0; n < PROBE_RUNS; n++) {
    const one = await run(async () => {
      const startMs = now();
      const outputs = await session.run(inputs);
      const measured = { session, ms: now() - startMs, outputs };
      return { isDone: true, finish: async () => measured };
    });
    if (!best || one.ms < best.ms) best = one;
  }
  if (!best) throw MeshError.closed('The model');
  return best;
}

function toTensors(outputs: readonly NamedTensor[]) {
  return Object.fromEntries(
    outputs.map(({ name, type, dims, bytes }) => [name, { type, dims, data: elementsIn(type, bytes) }]),
  );
}
