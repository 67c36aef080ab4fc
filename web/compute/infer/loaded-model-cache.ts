import { MeshError } from '../../../shared/errors.ts';
import type { OnnxSource } from '../models/model-source.ts';
import type { OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';
import { LoadedModel } from './loaded-model.ts';

/** Models kept ready to run; the least recently used one is evicted first. */
export const MAX_LOADED_MODELS = 8;

interface Loading {
  readonly model: Promise<LoadedModel>;
  /** Of all who wait for it. */
  readonly listeners: Set<(share: number) => void>;
}

export interface ModelShelfOptions {
  /** Without it there are no models. */
  onnx: OnnxSource | undefined;
  /** Every way to run one; the first that can is the one whose answers count. */
  ways: readonly OpenOnnx[];
}

/** The models that were used last, each loaded once. */
export class LoadedModelCache {
  readonly #options: ModelShelfOptions;
  /** By name, the latest used last. */
  readonly #loading = new Map<string, Loading>();
  #isDisposed = false;

  constructor(options: ModelShelfOptions) {
    this.#options = options;
  }

  /**
   * @param onShare - how much of it is here, 0 to 1, while it is fetched.
   *
   * Throws MeshError: as {@link OnnxSource.loadOnnx} does; `unknown-model` when it does not run here; `closed`.
   */
  async get(name: string, onShare: (share: number) => void): Promise<LoadedModel> {
    if (this.#isDisposed) throw MeshError.closed('The compute engine');
    const loading = this.#loading.get(name) ?? this.#load(name, onShare);
    this.#loading.delete(name);
    this.#loading.set(name, loading);
    this.#makeRoom();
    loading.listeners.add(onShare);
    try {
      return await loading.model;
    } finally {
      loading.listeners.delete(onShare);
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

  #load(name: string, onShare: (share: number) => void): Loading {
    const listeners = new Set([onShare]);
    const tell = (share: number) => {
      for (const listener of listeners) listener(share);
    };
    const model = this.#open(name, tell);
    const loading = { model, listeners };
    model.catch(() => {
      // The next one who asks tries again.
      if (this.#loading.get(name) === loading) this.#loading.delete(name);
    });
    return loading;
  }

  async #open(name: string, onShare: (share: number) => void): Promise<LoadedModel> {
    const { onnx, ways } = this.#options;
    if (!onnx) throw new MeshError('unknown-model', `There are no models here, so '${name}' cannot be run.`);
    const bytes = await onnx.loadOnnx(name, onShare);
    const sessions: OnnxSession[] = [];
    const refusals: string[] = [];
    for (const open of ways) {
      try {
        // A copy for each: the library may keep it.
        sessions.push(await open(bytes.slice()));
      } catch (cause) {
        const error = MeshError.from(cause);
        // That the library could not be fetched says nothing of the model.
        if (error.reason === 'connection-failed' && sessions.length === 0) throw error;
        refusals.push(error.message.slice(0, MAX_WHY));
      }
    }
    const [first, ...others] = sessions;
    if (first) return new LoadedModel([first, ...others]);
    throw new MeshError(
      'unknown-model',
      `The model '${name}' does not run here (${refusals.join('; ')}). Use another one.`,
    );
  }
}

/** The library's complaints may be pages long. */
const MAX_WHY = 200;

function retire({ model }: Loading): void {
  model.then(
    (loaded) => loaded.retire(),
    () => {
      // It never was; whoever waited for it heard why.
    },
  );
}
