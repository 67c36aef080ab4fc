import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { agrees, tensorOf } from '../../../shared/tasks/infer/tensors.ts';
import type { NamedTensor, OnnxSession } from '../ort/onnx-sessions.ts';
import type { RunInTaskSlot } from '../schedule.ts';
import { inputsWithDefault } from './graph/defaults.ts';
import type { OnnxModel } from './graph/onnx-graph.ts';
import { drawsRandomNumbers, hasIndependentRows } from './graph/row-independence.ts';
import { waitForRun } from './long-runs.ts';
import { type ModelShape, shapeOf } from './model-shape.ts';

/** Runs of a model on each backend before the faster one is chosen; the first run pays for compiling. */
const PROBE_RUNS = 3;
/** A run, ms, beside which compiling does not matter: it is not repeated. */
const LONG_PROBE_MS = 250;

export interface TimedOutputs {
  outputs: NamedTensor[];
  ms: number;
}
interface Timed extends TimedOutputs {
  session: OnnxSession;
}

/** What is known of a model's files. */
export interface LoadedFiles {
  /** Size of all of them, as the measure of the memory that the model takes. */
  sizeBytes: number;
  /** Whether it has weights beside it of which no hash is known. */
  mayChange: boolean;
}

/** A model that is loaded on every runtime that can run it; after its first task only on the fastest of those that compute it right. */
export class LoadedModel {
  readonly shape: ModelShape;
  /** Whether its graph proves that rows of several tasks can run together, and those of one apart. */
  readonly hasIndependentRows: boolean;
  /** Whether equal inputs may give other outputs on an honest machine: it draws random numbers, or has weights that their server may change. */
  readonly varies: boolean;
  /** Of the last run; null before the first. Decides how many rows run at a time. */
  msPerRow: number | null = null;
  /** The same for inputs that are not cut. */
  msPerRun: number | null = null;
  #sessions: readonly OnnxSession[];
  #choosing: Promise<OnnxSession> | null = null;
  /** Ends when the run before the next one has. */
  #last: Promise<unknown> = Promise.resolve();
  #uses = 0;
  #isRetired = false;
  /** Called whenever nobody holds it any more. */
  onFree = (): void => {};

  /** As {@link LoadedFiles}. */
  readonly sizeBytes: number;

  /**
   * @param sessions - owned; the first one's answers are taken as right.
   * @param model - what the file says; null where it cannot be read.
   *
   * Throws MeshError `unknown-model`.
   */
  constructor(
    sessions: readonly [OnnxSession, ...OnnxSession[]],
    model: OnnxModel | null,
    { sizeBytes, mayChange }: LoadedFiles,
  ) {
    this.#sessions = sessions;
    this.sizeBytes = sizeBytes;
    this.hasIndependentRows = model !== null && hasIndependentRows(model);
    this.varies = mayChange || (model !== null && drawsRandomNumbers(model));
    this.shape = shapeOf(sessions[0], model ? inputsWithDefault(model) : []);
  }

  /**
   * The fastest session, measured with the inputs of the first task with which that succeeds; they must fit the model. Throws MeshError
   * `volunteer-failed`, `device-lost`, `cancelled`.
   */
  async session(
    inputs: readonly NamedTensor[],
    run: RunInTaskSlot,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<OnnxSession> {
    while (this.#choosing) {
      // The inputs of that task may have been the cause, or it was cancelled.
      const chosen = await this.#choosing.catch(() => null);
      if (chosen) return chosen;
      if (signal.aborted) throw MeshError.cancelled();
    }
    const choosing = this.#choose(inputs, { run, clock, signal }).catch((cause: unknown) => {
      this.#choosing = null;
      throw cause;
    });
    this.#choosing = choosing;
    return choosing;
  }

  /** Whether it runs no more: it must be loaded again. */
  get isEnded(): boolean {
    return this.#sessions.some(({ isEnded }) => isEnded);
  }

  /** Runs the chosen session, after the runs that were asked for before. Throws as {@link OnnxSession.run} does. */
  run(inputs: readonly NamedTensor[], signal: AbortSignal, now: () => number): Promise<TimedOutputs> {
    const before = this.#last;
    const ran = orAborted(before, signal).then(async () => {
      const [session] = this.#sessions;
      if (!session) throw MeshError.closed('The model');
      const startMs = now();
      const outputs = await session.run(inputs, signal);
      this.msPerRun = now() - startMs;
      return { outputs, ms: this.msPerRun };
    });
    // One that is cancelled while it waits is over before those that it waited for.
    this.#last = Promise.allSettled([before, ran]);
    return ran;
  }

  /** Keeps the model until the returned function is called. */
  hold(): () => void {
    this.#uses++;
    return () => {
      this.#uses--;
      this.#releaseIfOver();
      if (this.#uses === 0) this.onFree();
    };
  }

  /** Releases the model once no one holds it. */
  retire(): void {
    this.#isRetired = true;
    this.#releaseIfOver();
  }

  get isHeld(): boolean {
    return this.#uses > 0;
  }

  get isReleased(): boolean {
    return this.#isRetired && this.#uses === 0;
  }

  #releaseIfOver(): void {
    if (!this.isReleased) return;
    for (const session of this.#sessions) session.release();
    this.#sessions = [];
  }

  async #choose(inputs: readonly NamedTensor[], measuring: Measuring): Promise<OnnxSession> {
    const [reference, ...others] = this.#sessions;
    if (!reference) throw MeshError.closed('The model');
    if (others.length === 0) return reference;
    const correct = await timed(reference, inputs, measuring);
    let best = correct;
    for (const session of others) {
      // A runtime that fails is not used.
      const tried = await timed(session, inputs, measuring).catch(() => null);
      if (tried && tried.ms < best.ms && agrees(toTensors(correct.outputs), toTensors(tried.outputs))) best = tried;
    }
    for (const session of this.#sessions) if (session !== best.session) session.release();
    this.#sessions = [best.session];
    return best.session;
  }
}

/** Throws MeshError `cancelled` if the signal aborts before. */
async function orAborted(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw MeshError.cancelled();
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(MeshError.cancelled()), { signal: over.signal }),
  );
  await Promise.race([before, aborted]);
  over.abort();
}

interface Measuring {
  run: RunInTaskSlot;
  clock: Clock;
  signal: AbortSignal;
}

/** The fastest of a few runs. */
async function timed(
  session: OnnxSession,
  inputs: readonly NamedTensor[],
  { run, clock, signal }: Measuring,
): Promise<Timed> {
  let best: Timed | null = null;
  for (let n = 0; n < PROBE_RUNS && (best?.ms ?? 0) < LONG_PROBE_MS; n++) {
    const one = await run(async (slot) => {
      const startMs = clock.now();
      const running = session.run(inputs, signal);
      const outputs = await waitForRun(running, { ...clock, slot, expectedMs: null, onShare: () => {} });
      const measured = { session, ms: clock.now() - startMs, outputs };
      return { isDone: true, finish: async () => measured };
    });
    if (!best || one.ms < best.ms) best = one;
  }
  if (!best) throw MeshError.closed('The model');
  return best;
}

function toTensors(outputs: readonly NamedTensor[]) {
  return Object.fromEntries(outputs.map(({ name, bytes, ...header }) => [name, tensorOf(header, bytes)]));
}
