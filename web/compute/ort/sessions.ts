import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';
import { INPUT_KINDS, type Network } from '../../../shared/tasks/upscale.ts';
import type { NetworkModel, NetworkShape } from '../models/manifest.ts';
import { type ModelName, modelName } from '../models/model-name.ts';
import type { ModelFileKind, ModelSource } from '../models/model-source.ts';
import { toRunError } from './runtime.ts';

/** A network that is ready to run. */
export interface LoadedNetwork {
  shape: NetworkShape;
  session: Ort.InferenceSession;
}

export interface SessionsOptions {
  models: ModelSource;
  file: ModelFileKind;
  create(model: NetworkModel, bytes: Uint8Array): Promise<Ort.InferenceSession>;
}

/**
 * One session for each model, made when it is first needed and kept. Its sides are left open: pictures come in any size.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #made = new Map<ModelName, Promise<LoadedNetwork>>();
  #disposed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Throws MeshError: as {@link ModelSource.load} does; `volunteer-failed` when it does not run here; `closed`. */
  get(name: ModelName): Promise<LoadedNetwork> {
    if (this.#disposed) return Promise.reject(MeshError.closed('The compute engine'));
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  /** Makes all of a network's sessions: which of them a picture wants is told by its pixels. */
  async prepare(network: Network): Promise<void> {
    await Promise.all(INPUT_KINDS.map((input) => this.get(modelName(network, input))));
  }

  dispose(): void {
    this.#disposed = true;
    for (const made of this.#made.values()) {
      made
        .then(({ session }) => session.release())
        .catch(() => {
          // It was never there, or has gone with its device.
        });
    }
    this.#made.clear();
  }

  async #make(name: ModelName): Promise<LoadedNetwork> {
    try {
      const { model, bytes } = await this.#options.models.load(name, this.#options.file);
      return { shape: model.network, session: await this.#options.create(model, new Uint8Array(bytes)) };
    } catch (cause) {
      // The next one who asks tries again.
      this.#made.delete(name);
      throw toRunError(cause);
    }
  }
}
