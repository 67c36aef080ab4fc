import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';
import { elementsIn, isTensorType, type TensorHeader } from '../../../shared/tasks/infer/tensors.ts';
import { bytesOf } from '../../../shared/tasks/packing.ts';
import { deviceLost } from '../wgsl/device-lost.ts';
import { cpuRuntime } from './cpu-runtime.ts';
import { gpuRuntime, gpuSession, inTurn } from './gpu-runtime.ts';
import { createSession, type OrtRuntime, toRunError } from './runtime.ts';

/** A tensor outside any runtime. */
export interface NamedTensor extends TensorHeader {
  bytes: Uint8Array;
}

/** A model, ready to run one way. */
export interface OnnxSession {
  readonly backend: 'ort-wasm' | 'ort-webgpu';
  readonly inputs: readonly Ort.InferenceSession.ValueMetadata[];
  readonly outputs: readonly Ort.InferenceSession.ValueMetadata[];
  /** Throws MeshError `volunteer-failed`, `device-lost`. */
  run(inputs: readonly NamedTensor[]): Promise<NamedTensor[]>;
  release(): void;
}

/** Throws what the library throws of a model that it cannot run. */
export type OpenOnnx = (bytes: Uint8Array) => Promise<OnnxSession>;

export const openOnCpu: OpenOnnx = async (bytes) => {
  const runtime = await cpuRuntime();
  const session = await createSession(runtime, bytes, { executionProviders: ['wasm'] });
  return toOnnxSession('ort-wasm', runtime, session, (run) => run());
};

/** On a device that is not the library's. */
export function openOnGpu(device: GPUDevice): OpenOnnx {
  return async (bytes) => {
    const session = await gpuSession(device, bytes);
    const lost = device.lost.then(() => {
      throw deviceLost(null);
    });
    lost.catch(() => {
      // Whoever runs something then hears of it.
    });
    return toOnnxSession('ort-webgpu', await gpuRuntime(), session, (run) => Promise.race([lost, inTurn(run)]));
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
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    async run(inputs) {
      const feeds = Object.fromEntries(
        inputs.map(({ name, type, dims, bytes }) => {
          // The library's types pair each name with one class, as elementsIn() does.
          const data = elementsIn(type, bytes) as Float32Array;
          return [name, new Tensor(type as 'float32', data, dims)];
        }),
      );
      const results = await carefully(() => session.run(feeds)).catch((cause: unknown) => {
        throw toRunError(cause);
      });
      return Object.entries(results).map(([name, tensor]) => toNamedTensor(name, tensor));
    },
    release: () => {
      session.release().catch(() => {
        // It has gone with its device.
      });
    },
  };
}

function toNamedTensor(name: string, { type, dims, data }: Ort.Tensor): NamedTensor {
  if (!isTensorType(type) || !ArrayBuffer.isView(data)) {
    throw MeshError.badInput(`The output '${name}' of the model is of type ${type}, which no task can carry.`);
  }
  return { name, type, dims: [...dims], bytes: bytesOf(data) };
}
