import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';
import { bytesOfTexts, isTensorType, type TensorHeader, tensorOf } from '../../../shared/tasks/infer/tensors.ts';
import { bytesOf } from '../../../shared/tasks/packing.ts';
import type { Network } from '../../../shared/tasks/upscale.ts';
import type { NetworkModel, NetworkShape } from '../models/manifest.ts';
import type { ModelFileKind, ModelSource } from '../models/model-source.ts';
import { deviceLost } from '../wgsl/gpu-device.ts';
import {
  cpuRuntime,
  createSession,
  gpuRuntime,
  gpuSession,
  type OrtRuntime,
  serialized,
  toRunError,
} from './runtime.ts';

/** A tensor that belongs to no runtime. */
export interface NamedTensor extends TensorHeader {
  bytes: Uint8Array;
}

/** A model that is loaded on one runtime. */
export interface OnnxSession {
  readonly backend: 'ort-wasm' | 'ort-webgpu';
  readonly inputs: readonly Ort.InferenceSession.ValueMetadata[];
  readonly outputs: readonly Ort.InferenceSession.ValueMetadata[];
  /** Whether it runs no more: a cancelled run could only be stopped together with it. Load the model again. */
  readonly isEnded: boolean;
  /**
   * Must be called when the run before has ended.
   *
   * @param signal - nobody waits for this run any more.
   *
   * Throws MeshError `volunteer-failed`, `device-lost`, `cancelled`.
   */
  run(inputs: readonly NamedTensor[], signal?: AbortSignal): Promise<NamedTensor[]>;
  release(): void;
}

/** A file of weights, under the name that the model has for it. */
export interface WeightFile {
  path: string;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * May keep what it is given. Throws what onnxruntime-web throws for a model that it cannot run.
 *
 * @param signal - nobody waits for the model any more: opening it need not come to an end.
 */
export type OpenOnnx = (
  bytes: Uint8Array<ArrayBuffer>,
  weights?: WeightFile[],
  signal?: AbortSignal,
) => Promise<OnnxSession>;

/** Runs models on this thread, which does nothing else meanwhile. */
export const openHere: OpenOnnx = async (bytes, externalData = []) => {
  const runtime = await cpuRuntime();
  const session = await createSession(runtime, bytes, { executionProviders: ['wasm'], externalData });
  return toOnnxSession('ort-wasm', runtime, session, (run) => run());
};

/** Runs models on a device that onnxruntime-web does not own. */
export function openOnGpu(device: GPUDevice): OpenOnnx {
  return async (bytes, externalData = []) => {
    const session = await gpuSession(device, bytes, externalData);
    const lost = device.lost.then(() => {
      throw deviceLost(null);
    });
    lost.catch(() => {
      // The next run reports the loss.
    });
    return toOnnxSession('ort-webgpu', await gpuRuntime(), session, (run) => Promise.race([lost, serialized(run)]));
  };
}

function toOnnxSession(
  backend: OnnxSession['backend'],
  { Tensor }: OrtRuntime,
  session: Ort.InferenceSession,
  carefully: <T>(run: () => Promise<T>) => Promise<T>,
): OnnxSession {
  return {
    backend,
    isEnded: false,
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    async run(inputs) {
      const feeds = Object.fromEntries(
        inputs.map(({ name, bytes, ...header }) => {
          // The library's types pair each type name with one array class, as tensorOf() does.
          const { type, dims, data } = tensorOf(header, bytes);
          return [name, new Tensor(type as 'float32', data as Float32Array, dims)];
        }),
      );
      const results = await carefully(() => session.run(feeds)).catch((cause: unknown) => {
        throw toRunError(cause);
      });
      return Object.entries(results).map(([name, tensor]) => toNamedTensor(name, tensor));
    },
    release: () => {
      session.release().catch(() => {
        // The session was lost with its device.
      });
    },
  };
}

function toNamedTensor(name: string, { type, dims, data }: Ort.Tensor): NamedTensor {
  if (type === 'string' && Array.isArray(data)) {
    const bytes = bytesOfTexts(data);
    return { name, type, dims: [...dims], textBytes: bytes.byteLength, bytes };
  }
  if (!isTensorType(type) || !ArrayBuffer.isView(data)) {
    throw MeshError.badInput(
      `The output '${name}' of the model is of type ${type}, which no task can carry. Use another model.`,
    );
  }
  return { name, type, dims: [...dims], bytes: bytesOf(data) };
}

/** A network that is ready to run. */
export interface LoadedNetwork {
  shape: NetworkShape;
  session: Ort.InferenceSession;
}

export interface NetworkSessionsOptions {
  models: ModelSource;
  file: ModelFileKind;
  create(model: NetworkModel, bytes: Uint8Array): Promise<Ort.InferenceSession>;
}

/** One session per model, created when it is first needed and kept. The picture's sides are open axes, so one session serves every size. */
export class NetworkSessions {
  readonly #options: NetworkSessionsOptions;
  readonly #made = new Map<Network, Promise<LoadedNetwork>>();
  #isDisposed = false;

  constructor(options: NetworkSessionsOptions) {
    this.#options = options;
  }

  /** Throws MeshError: as {@link ModelSource.load} does; `volunteer-failed` when it does not run here; `closed`. */
  get(name: Network): Promise<LoadedNetwork> {
    if (this.#isDisposed) return Promise.reject(MeshError.closed('The compute engine'));
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const made of this.#made.values()) {
      made
        .then(({ session }) => session.release())
        .catch(() => {
          // It was never created, or was lost with its device.
        });
    }
    this.#made.clear();
  }

  async #make(name: Network): Promise<LoadedNetwork> {
    try {
      const { model, bytes } = await this.#options.models.load(name, this.#options.file);
      return { shape: model.network, session: await this.#options.create(model, new Uint8Array(bytes)) };
    } catch (cause) {
      // The next call tries again.
      this.#made.delete(name);
      throw toRunError(cause);
    }
  }
}
