import { MeshError, type MeshErrorReason } from '../../../shared/errors.ts';
import { isModelUrl } from '../../../shared/tasks/infer.ts';
import { DEFAULT_MODEL_BYTES } from '../models/model-size.ts';
import type { OnnxSource } from '../models/model-source.ts';
import type { OnnxSession, OpenOnnx, WeightFile } from '../ort/onnx-sessions.ts';
import { withoutDefaults } from './graph/defaults.ts';
import { type OnnxModel, readModel, weightFiles } from './graph/onnx-graph.ts';
import { type LoadedFiles, LoadedModel } from './loaded-model.ts';

/** Models kept ready to run; the least recently used one is evicted first. */
export const MAX_LOADED_MODELS = 8;

/** Files of weights of one model: exporters write one, or one for each two gigabytes. */
const MAX_WEIGHT_FILES = 16;

interface Loading {
  readonly model: Promise<LoadedModel>;
  /** Everyone who waits for the model. */
  readonly waiters: Set<Waiter>;
  /** Ends the download. */
  readonly ending: AbortController;
  loaded: LoadedModel | null;
}

/** A model of that name, with inputs given that have a default. */
interface Wanted {
  key: string;
  name: string;
  given: readonly string[];
}

interface Waiter {
  onShare(share: number): void;
}

export interface LoadedModelCacheOptions {
  /** Undefined: there are no models. */
  onnx: OnnxSource | undefined;
  /** The runtimes that can run a model. Answers of the first that can are taken as right. */
  runtimes: readonly OpenOnnx[];
  /** Bytes of all loaded models together; by default those of {@link DEFAULT_MODEL_BYTES}. One of any size is kept. */
  maxBytes?: number;
}

/** The models that were used last, each loaded once, whatever types of tasks name it: all of them share one bound. */
export class LoadedModelCache {
  readonly #options: LoadedModelCacheOptions;
  /** By name and given inputs, the least recently used first. */
  readonly #loading = new Map<string, Loading>();
  #isDisposed = false;

  constructor(options: LoadedModelCacheOptions) {
    this.#options = options;
  }

  /**
   * @param given - inputs with a default that a task gives.
   * @param onShare - called with the share that was fetched, 0 to 1.
   * @param signal - the caller waits no longer. A download for which nobody waits ends.
   *
   * Throws MeshError: as {@link OnnxSource.loadOnnx} does; `unknown-model` when it does not run here; `closed`.
   */
  async get(
    name: string,
    given: readonly string[],
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LoadedModel> {
    if (this.#isDisposed) throw MeshError.closed('The compute engine');
    if (signal.aborted) throw MeshError.cancelled();
    const waiter = { onShare };
    const key = JSON.stringify([name, ...[...given].sort()]);
    this.#dropEnded(key);
    const loading = this.#loading.get(key) ?? this.#load({ key, name, given }, waiter);
    this.#loading.delete(key);
    this.#loading.set(key, loading);
    loading.waiters.add(waiter);
    this.#makeRoom();
    const leave = () => {
      loading.waiters.delete(waiter);
      if (loading.waiters.size === 0) this.#abandon(key, loading);
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
  #dropEnded(key: string): void {
    const known = this.#loading.get(key);
    if (!known?.loaded?.isEnded) return;
    this.#loading.delete(key);
    retire(known);
  }

  #makeRoom(): void {
    const { maxBytes = DEFAULT_MODEL_BYTES } = this.#options;
    for (const [key, loading] of this.#loading) {
      const bytes = [...this.#loading.values()].reduce((sum, { loaded }) => sum + (loaded?.sizeBytes ?? 0), 0);
      const isFull = this.#loading.size > MAX_LOADED_MODELS || (bytes > maxBytes && this.#loading.size > 1);
      if (!isFull) return;
      if (loading.waiters.size > 0) continue;
      this.#loading.delete(key);
      retire(loading);
    }
  }

  /** Nobody waits any longer: a gamer that starts and cancels tasks must not have one download after another go on. */
  #abandon(key: string, loading: Loading): void {
    loading.ending.abort();
    // It may have been downloaded just now, and then is opened still.
    retire(loading);
    if (this.#loading.get(key) === loading) this.#loading.delete(key);
  }

  #load(wanted: Wanted, first: Waiter): Loading {
    const waiters = new Set([first]);
    const report = (share: number) => {
      for (const waiter of waiters) waiter.onShare(share);
    };
    const ending = new AbortController();
    const { key } = wanted;
    const model = this.#open(wanted, report, ending.signal);
    const loading: Loading = { model, waiters, ending, loaded: null };
    model.then(
      (loaded) => {
        loading.loaded = loaded;
        this.#makeRoom();
      },
      () => {
        // The next call tries again.
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      },
    );
    return loading;
  }

  async #open({ name, given }: Wanted, onShare: (share: number) => void, signal: AbortSignal): Promise<LoadedModel> {
    const { onnx, runtimes } = this.#options;
    if (!onnx)
      throw new MeshError(
        'unknown-model',
        `This machine has no models, so it cannot run '${name}'. Submit it to another.`,
      );
    const file = await onnx.loadOnnx(name, onShare, signal);
    if (signal.aborted) throw MeshError.cancelled();
    const bytes = given.length > 0 ? withoutDefaults(file, given) : file;
    const model = readOrNull(bytes);
    const weights: WeightFile[] = [];
    let loadedBytes = file.byteLength;
    const paths = model ? weightFiles(model) : [];
    if (paths.length > MAX_WEIGHT_FILES) {
      const message = `The model '${name}' has ${paths.length} files of weights beside its own; at most ${MAX_WEIGHT_FILES} are read. Export it with fewer.`;
      throw new MeshError('unknown-model', message);
    }
    for (const path of paths) {
      const data = await onnx.loadData?.(name, path, { loadedBytes, onShare, signal });
      if (!data)
        throw new MeshError(
          'unknown-model',
          `The model '${name}' has weights in other files. Use one in a single file.`,
        );
      weights.push({ path, data });
      loadedBytes += data.byteLength;
    }
    const sessions: OnnxSession[] = [];
    const refusals: string[] = [];
    for (const open of runtimes) {
      if (signal.aborted) break;
      try {
        // A copy for each runtime but the last, which may keep it: large models fit the memory only once.
        const isLast = open === runtimes.at(-1);
        const copies = weights.map(({ path, data }) => ({ path, data: isLast ? data : data.slice() }));
        sessions.push(await open(isLast ? bytes : bytes.slice(), copies, signal));
      } catch (cause) {
        if (signal.aborted) break;
        const error = MeshError.from(cause);
        // A library that could not be fetched, or is forbidden, says nothing about the model.
        if (OF_THE_LIBRARY.has(error.reason) && sessions.length === 0) throw error;
        refusals.push(error.message.slice(0, MAX_CAUSE_LENGTH));
      }
    }
    if (signal.aborted) {
      for (const session of sessions) session.release();
      throw MeshError.cancelled();
    }
    const [first, ...others] = sessions;
    const mayChange = weights.length > 0 && isModelUrl(name);
    if (first) return loadedOf([first, ...others], model, { sizeBytes: loadedBytes, mayChange });
    throw new MeshError(
      'unknown-model',
      `The model '${name}' does not run here (${refusals.join('; ')}). Use another one.`,
    );
  }
}

/** Throws MeshError `unknown-model` for a model that no task can use. */
function loadedOf(sessions: [OnnxSession, ...OnnxSession[]], model: OnnxModel | null, files: LoadedFiles): LoadedModel {
  try {
    return new LoadedModel(sessions, model, files);
  } catch (cause) {
    for (const session of sessions) session.release();
    throw cause;
  }
}

/** Null for models in a form of onnxruntime's own, of which nothing is known. Throws MeshError `unknown-model` for one with too large a graph. */
function readOrNull(bytes: Uint8Array): OnnxModel | null {
  try {
    return readModel(bytes);
  } catch (cause) {
    const error = MeshError.from(cause, 'malformed');
    if (error.reason === 'malformed') return null;
    throw error;
  }
}

const OF_THE_LIBRARY: ReadonlySet<MeshErrorReason> = new Set(['connection-failed', 'unsupported-browser']);

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
