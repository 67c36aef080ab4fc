import { MeshError, type MeshErrorReason } from '../../../shared/errors.ts';
import { isModelUrl } from '../../../shared/tasks/infer.ts';
import { DEFAULT_MODEL_BYTES } from '../models/model-size.ts';
import type { OnnxSource } from '../models/model-source.ts';
import type { OnnxSession, OpenOnnx, WeightFile } from '../ort/onnx-sessions.ts';
import { nextMacrotask } from '../schedule.ts';
import { withoutDefaults } from './graph/defaults.ts';
import { type OnnxModel, readModel, weightFiles } from './graph/onnx-graph.ts';
import { type LoadedFiles, LoadedModel } from './loaded-model.ts';

/** Models that are ready to run or being loaded; the least recently used idle one is evicted first. */
export const MAX_LOADED_MODELS = 8;

/** Models that are loaded at a time: a small one needs not wait for a large one, or for one from a slow server. */
export const MAX_LOADS = 4;

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
  /** Bytes of all loaded models together, where a load begins; by default those of {@link DEFAULT_MODEL_BYTES}. One of any size is kept. */
  maxBytes?: number;
}

/**
 * The models that were used last, each loaded once, whatever types of tasks name it: all of them share one bound. A load waits, first come, first
 * served, while {@link MAX_LOADS} are under way, or the models in use have more than `maxBytes` or are {@link MAX_LOADED_MODELS}. So the files of
 * those in memory have no more than (1 + {@link MAX_LOADS}) * `maxBytes`, where no model has more than `maxBytes`. Whoever waits for a model must hold none.
 * While a load waits for models in use, they are given to nobody else: steady use of them would have it wait for ever.
 */
export class LoadedModelCache {
  readonly #options: LoadedModelCacheOptions;
  /** By name and given inputs, the least recently used first. */
  readonly #loading = new Map<string, Loading>();
  /** Models that have memory, also those that were evicted and are in use still. */
  readonly #inMemory = new Set<LoadedModel>();
  /** Begin the loads that wait, the first first. */
  readonly #waiting = new Set<() => void>();
  /** Let go on who asks for a model meanwhile. */
  readonly #letGoOn = new Set<() => void>();
  #underWay = 0;
  #isDisposed = false;

  constructor(options: LoadedModelCacheOptions) {
    this.#options = options;
  }

  /**
   * @param given - inputs with a default that a task gives.
   * @param onShare - called with the share that was fetched, 0 to 1.
   * @param signal - the caller waits no longer. A download for which nobody waits ends.
   *
   * The model stays in memory until the event that comes next; hold it by then.
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
    if (this.#loading.get(key)?.loaded) await this.#lettingOthersLoad(signal);
    this.#dropEnded(key);
    const loading = this.#loading.get(key) ?? this.#load({ key, name, given }, waiter);
    this.#loading.delete(key);
    this.#loading.set(key, loading);
    loading.waiters.add(waiter);
    const leave = () => {
      loading.waiters.delete(waiter);
      if (loading.waiters.size === 0) this.#abandon(key, loading);
    };
    signal.addEventListener('abort', leave);
    try {
      const loaded = await loading.model;
      void nextMacrotask().then(loaded.hold());
      return loaded;
    } finally {
      signal.removeEventListener('abort', leave);
      loading.waiters.delete(waiter);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const loading of this.#loading.values()) this.#retire(loading);
    this.#loading.clear();
    this.#advance();
  }

  /** Throws MeshError `cancelled`, `closed`. */
  async #lettingOthersLoad(signal: AbortSignal): Promise<void> {
    while (this.#isBlocked) {
      await new Promise<void>((resolve) => {
        this.#letGoOn.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      if (signal.aborted) throw MeshError.cancelled();
      if (this.#isDisposed) throw MeshError.closed('The compute engine');
    }
  }

  /** Whether a load waits for models in use. */
  get #isBlocked(): boolean {
    return !this.#isDisposed && this.#waiting.size > 0 && this.#underWay < MAX_LOADS;
  }

  /** A cancelled run ended the model with its worker. */
  #dropEnded(key: string): void {
    const known = this.#loading.get(key);
    if (!known?.loaded?.isEnded) return;
    this.#loading.delete(key);
    this.#retire(known);
  }

  #freed(loaded: LoadedModel): void {
    if (loaded.isReleased) this.#inMemory.delete(loaded);
    this.#advance();
  }

  /** Evicts what is too much, and begins the loads for which there is room. */
  #advance(): void {
    this.#beginLoads();
    if (this.#isBlocked) return;
    for (const goOn of this.#letGoOn) goOn();
    this.#letGoOn.clear();
  }

  #beginLoads(): void {
    this.#makesRoomFor(0);
    for (const begin of this.#waiting) {
      const mayBegin = this.#isDisposed || (this.#underWay < MAX_LOADS && this.#makesRoomFor(1));
      if (!mayBegin) return;
      this.#waiting.delete(begin);
      this.#underWay++;
      begin();
    }
  }

  /** Evicts idle models until so many more may be loaded. Returns whether they may. */
  #makesRoomFor(count: number): boolean {
    const { maxBytes = DEFAULT_MODEL_BYTES } = this.#options;
    const isFull = () => {
      const bytes = [...this.#inMemory].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const loads = this.#underWay + count;
      return this.#inMemory.size + loads > MAX_LOADED_MODELS || (bytes > maxBytes && this.#inMemory.size + count > 1);
    };
    for (const [key, { loaded, waiters }] of this.#loading) {
      if (!isFull()) return true;
      if (!loaded || loaded.isHeld || waiters.size > 0) continue;
      this.#loading.delete(key);
      loaded.retire();
      this.#inMemory.delete(loaded);
    }
    return !isFull();
  }

  /** Nobody waits any longer: a gamer that starts and cancels tasks must not have one download after another go on. */
  #abandon(key: string, loading: Loading): void {
    loading.ending.abort();
    // It may have been downloaded just now, and then is opened still.
    this.#retire(loading);
    if (this.#loading.get(key) === loading) this.#loading.delete(key);
  }

  #retire({ model }: Loading): void {
    model.then(
      (loaded) => {
        loaded.retire();
        this.#freed(loaded);
      },
      () => {
        // It was never loaded, and the jobs that waited for it got the error.
      },
    );
  }

  #load(wanted: Wanted, first: Waiter): Loading {
    const waiters = new Set([first]);
    const report = (share: number) => {
      for (const waiter of waiters) waiter.onShare(share);
    };
    const ending = new AbortController();
    const { key } = wanted;
    const model = this.#openInTurn(wanted, report, ending.signal);
    const loading: Loading = { model, waiters, ending, loaded: null };
    model.then(
      (loaded) => {
        loading.loaded = loaded;
      },
      () => {
        // The next call tries again.
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      },
    );
    return loading;
  }

  async #openInTurn(wanted: Wanted, onShare: (share: number) => void, signal: AbortSignal): Promise<LoadedModel> {
    await this.#turn(signal);
    try {
      if (this.#isDisposed) throw MeshError.closed('The compute engine');
      const loaded = await this.#open(wanted, onShare, signal);
      this.#inMemory.add(loaded);
      loaded.onFree = () => this.#freed(loaded);
      return loaded;
    } finally {
      this.#underWay--;
      this.#advance();
    }
  }

  /** Waits until a load may begin, which counts as under way from then on. Throws MeshError `cancelled`. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(begin);
        reject(MeshError.cancelled());
        this.#advance();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(begin);
      this.#advance();
    });
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
