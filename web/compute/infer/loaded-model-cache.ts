import { MeshError } from '../../../shared/errors.ts';
import { agrees, elementsIn } from '../../../shared/tasks/infer/tensors.ts';
import type { OnnxSource } from '../models/model-source.ts';
import type { RunInSlot } from '../network-selection.ts';
import type { NamedTensor, OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';
import { type OnnxModel, readModel } from './graph/onnx-graph.ts';
import { hasIndependentRows } from './graph/row-independence.ts';
import { type ModelShape, shapeOf } from './model-shape.ts';

/** Models kept ready to run; the least recently used one is evicted first. */
export const MAX_LOADED_MODELS = 8;
/** Runs of a model on each backend before the faster one is chosen; the first run pays for compiling. */
const PROBE_RUNS = 3;

interface Loading {
  readonly model: Promise<LoadedModel>;
  /** Everyone who waits for the model. */
  readonly waiters: Set<Waiter>;
  /** Ends the download. */
  readonly ending: AbortController;
}

interface Waiter {
  onShare(share: number): void;
}

export interface LoadedModelCacheOptions {
  /** Undefined: there are no models. */
  onnx: OnnxSource | undefined;
  /** The runtimes that can run a model. Answers of the first that can are taken as right. */
  runtimes: readonly OpenOnnx[];
}

/** The models that were used last, each loaded once. */
export class LoadedModelCache {
  readonly #options: LoadedModelCacheOptions;
  /** By name, the least recently used first. */
  readonly #loading = new Map<string, Loading>();
  #isDisposed = false;

  constructor(options: LoadedModelCacheOptions) {
    this.#options = options;
  }

  /**
   * @param onShare - called with the share that was fetched, 0 to 1.
   * @param signal - the caller waits no longer. A download for which nobody waits ends.
   *
   * Throws MeshError: as {@link OnnxSource.loadOnnx} does; `unknown-model` when it does not run here; `closed`.
   */
  async get(name: string, onShare: (share: number) => void, signal: AbortSignal): Promise<LoadedModel> {
    if (this.#isDisposed) throw MeshError.closed('The compute engine');
    if (signal.aborted) throw MeshError.cancelled();
    const waiter = { onShare };
    const loading = this.#loading.get(name) ?? this.#load(name, waiter);
    this.#loading.delete(name);
    this.#loading.set(name, loading);
    this.#makeRoom();
    loading.waiters.add(waiter);
    const leave = () => {
      loading.waiters.delete(waiter);
      if (loading.waiters.size === 0) this.#abandon(name, loading);
    };
    signal.addEventListener('abort', leave);
    try {
      return await loading.model;
    } finally {
      signal.removeEventListener('abort', leave);
      loading.waiters.delete(waiter);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const loading of this.#loading.values()) retire(loading);
    this.#loading.clear();
  }

  #makeRoom(): void {
    for (const [name, loading] of this.#loading) {
      if (this.#loading.size <= MAX_LOADED_MODELS) return;
      this.#loading.delete(name);
      retire(loading);
    }
  }

  /** Nobody waits any longer: a gamer that starts and cancels tasks must not have one download after another go on. */
  #abandon(name: string, loading: Loading): void {
    loading.ending.abort();
    // It may have been downloaded just now, and then is opened still.
    retire(loading);
    if (this.#loading.get(name) === loading) this.#loading.delete(name);
  }

  #load(name: string, first: Waiter): Loading {
    const waiters = new Set([first]);
    const report = (share: number) => {
      for (const waiter of waiters) waiter.onShare(share);
    };
    const ending = new AbortController();
    const model = this.#open(name, report, ending.signal);
    const loading = { model, waiters, ending };
    model.catch(() => {
      // The next call tries again.
      if (this.#loading.get(name) === loading) this.#loading.delete(name);
    });
    return loading;
  }

  async #open(name: string, onShare: (share: number) => void, signal: AbortSignal): Promise<LoadedModel> {
    const { onnx, runtimes } = this.#options;
    if (!onnx) throw new MeshError('unknown-model', `There are no models here, so '${name}' cannot be run.`);
    const bytes = await onnx.loadOnnx(name, onShare, signal);
    if (signal.aborted) throw MeshError.cancelled();
    const sessions: OnnxSession[] = [];
    const refusals: string[] = [];
    for (const open of runtimes) {
      try {
        // A copy for each runtime, which may keep it.
        sessions.push(await open(bytes.slice()));
      } catch (cause) {
        const error = MeshError.from(cause);
        // A library that could not be fetched says nothing about the model.
        if (error.reason === 'connection-failed' && sessions.length === 0) throw error;
        refusals.push(error.message.slice(0, MAX_CAUSE_LENGTH));
      }
    }
    const [first, ...others] = sessions;
    if (first) return new LoadedModel([first, ...others], readOrNull(bytes));
    throw new MeshError(
      'unknown-model',
      `The model '${name}' does not run here (${refusals.join('; ')}). Use another one.`,
    );
  }
}

/** Null for models in a form of onnxruntime's own, of which nothing is known. */
function readOrNull(bytes: Uint8Array): OnnxModel | null {
  try {
    return readModel(bytes);
  } catch {
    return null;
  }
}

/** Longest part, in characters, of a library's error that is passed on: some are pages long. */
const MAX_CAUSE_LENGTH = 200;

function retire({ model }: Loading): void {
  model.then(
    (loaded) => loaded.retire(),
    () => {
      // It was never loaded, and the jobs that waited for it got the error.
    },
  );
}

interface Timed {
  session: OnnxSession;
  ms: number;
  outputs: NamedTensor[];
}

/** A model that is loaded on every runtime that can run it; after its first task only on the fastest of those that compute it right. */
export class LoadedModel {
  readonly shape: ModelShape;
  /** Whether its graph proves that rows of several tasks can run together, and those of one apart. */
  readonly hasIndependentRows: boolean;
  /** Of the last run; null before the first. Decides how many rows run at a time. */
  msPerRow: number | null = null;
  #sessions: readonly OnnxSession[];
  #choosing: Promise<OnnxSession> | null = null;
  #uses = 0;
  #isRetired = false;

  /**
   * @param sessions - owned; the first one's answers are taken as right.
   * @param model - what the file says; null where it cannot be read.
   *
   * Throws MeshError `unknown-model`.
   */
  constructor(sessions: readonly [OnnxSession, ...OnnxSession[]], model: OnnxModel | null) {
    this.#sessions = sessions;
    this.hasIndependentRows = model !== null && hasIndependentRows(model);
    this.shape = shapeOf(sessions[0]);
  }

  /**
   * The fastest session, measured with the inputs of the first task, which must fit the model. Throws MeshError `volunteer-failed`,
   * `device-lost`.
   */
  session(inputs: readonly NamedTensor[], run: RunInSlot, now: () => number): Promise<OnnxSession> {
    this.#choosing ??= this.#choose(inputs, run, now).catch((cause: unknown) => {
      // The inputs may have been the cause.
      this.#choosing = null;
      throw cause;
    });
    return this.#choosing;
  }

  /** Keeps the model until the returned function is called. */
  hold(): () => void {
    this.#uses++;
    return () => {
      this.#uses--;
      this.#releaseIfOver();
    };
  }

  /** Releases the model once no one holds it. */
  retire(): void {
    this.#isRetired = true;
    this.#releaseIfOver();
  }

  #releaseIfOver(): void {
    if (!this.#isRetired || this.#uses > 0) return;
    for (const session of this.#sessions) session.release();
    this.#sessions = [];
  }

  async #choose(inputs: readonly NamedTensor[], run: RunInSlot, now: () => number): Promise<OnnxSession> {
    const [reference, ...others] = this.#sessions;
    if (!reference) throw MeshError.closed('The model');
    if (others.length === 0) return reference;
    const correct = await timed(reference, inputs, run, now);
    let best = correct;
    for (const session of others) {
      // A runtime that fails is not used.
      const tried = await timed(session, inputs, run, now).catch(() => null);
      if (tried && tried.ms < best.ms && agrees(toTensors(correct.outputs), toTensors(tried.outputs))) best = tried;
    }
    for (const session of this.#sessions) if (session !== best.session) session.release();
    this.#sessions = [best.session];
    return best.session;
  }
}

/** The fastest of a few runs. */
async function timed(
  session: OnnxSession,
  inputs: readonly NamedTensor[],
  run: RunInSlot,
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
