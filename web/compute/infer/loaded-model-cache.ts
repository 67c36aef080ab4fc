import { MeshError } from '../../../shared/errors.ts';
import type { OnnxSource } from '../models/model-source.ts';
import type { OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';
import { type OnnxModel, readModel } from './graph/onnx-graph.ts';
import { LoadedModel } from './loaded-model.ts';

/** Models kept ready to run; the least recently used one is evicted first. */
export const MAX_LOADED_MODELS = 8;

interface Loading {
  readonly model: Promise<LoadedModel>;
  /** Everyone who waits for the model. */
  readonly waiters: Set<Waiter>;
  /** Ends the download. */
  readonly ending: AbortController;
  loaded: LoadedModel | null;
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
    this.#dropEnded(name);
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

  /** A cancelled run ended the model with its worker. */
  #dropEnded(name: string): void {
    const known = this.#loading.get(name);
    if (!known?.loaded?.isEnded) return;
    this.#loading.delete(name);
    retire(known);
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
    const loading: Loading = { model, waiters, ending, loaded: null };
    model.then(
      (loaded) => {
        loading.loaded = loaded;
      },
      () => {
        // The next call tries again.
        if (this.#loading.get(name) === loading) this.#loading.delete(name);
      },
    );
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
