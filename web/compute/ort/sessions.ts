import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';
import type { Network } from '../../../shared/tasks/upscale.ts';
import type { Model, NetworkShape } from '../models/manifest.ts';
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
  create(model: Model, bytes: Uint8Array): Promise<Ort.InferenceSession>;
}

/**
 * One session for each network, made when it is first needed and kept. Its sides are left open: sessions for one size each were not faster.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #made = new Map<Network, Promise<LoadedNetwork>>();
  #disposed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Throws MeshError: as {@link ModelSource.load} does; `volunteer-failed` when it does not run here; `closed`. */
  get(network: Network): Promise<LoadedNetwork> {
    if (this.#disposed) return Promise.reject(MeshError.closed('The compute engine'));
    const made = this.#made.get(network) ?? this.#make(network);
    this.#made.set(network, made);
    return made;
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

  async #make(network: Network): Promise<LoadedNetwork> {
    try {
      const { model, bytes } = await this.#options.models.load(network, this.#options.file);
      return { shape: model.network, session: await this.#options.create(model, new Uint8Array(bytes)) };
    } catch (cause) {
      // The next one who asks tries again.
      this.#made.delete(network);
      throw toRunError(cause);
    }
  }
}
