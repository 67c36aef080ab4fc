import { MeshError } from '../../../../shared/errors.ts';
import type { Network } from '../../../../shared/tasks/upscale.ts';
import type { NetworkShape } from '../../models/manifest.ts';
import type { ModelSource } from '../../models/model-source.ts';
import { type Layer, toFloat16Bits, unpackLayers } from '../../networks/weights.ts';
import type { Kernel } from '../filter-passes.ts';
import { type DeviceTraits, deviceTraits, type KernelVariant, variantFor, WORKGROUP } from './kernel-variant.ts';
import { type LayerPlace, layerCode } from './layer-shader.ts';

/** A network compiled for one device. */
export interface CompiledNetwork {
  shape: NetworkShape;
  layers: readonly LayerKernel[];
}

/** The networks of one device. Each is loaded and compiled when it is first needed, and kept as long as the device, which frees it. */
export class NetworkCache {
  readonly #device: GPUDevice;
  readonly #models: ModelSource | undefined;
  readonly #made = new Map<Network, Promise<CompiledNetwork>>();
  readonly #ready = new Map<Network, CompiledNetwork>();

  constructor(device: GPUDevice, models: ModelSource | undefined) {
    this.#device = device;
    this.#models = models;
  }

  /** Throws as {@link ModelSource.load} does. The next call then tries again. */
  get(name: Network): Promise<CompiledNetwork> {
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  /** A network that was loaded and compiled; undefined for others. */
  find(name: Network): CompiledNetwork | undefined {
    return this.#ready.get(name);
  }

  async #make(name: Network): Promise<CompiledNetwork> {
    try {
      if (!this.#models) {
        const what = `The network '${name}' does not run here. Use 'spatial', 'bicubic' or 'bilinear'.`;
        throw new MeshError('unknown-model', what);
      }
      const { model, bytes } = await this.#models.load(name, 'wgsl');
      const network = await compileNetwork(this.#device, model.network, unpackLayers(model.network, bytes));
      this.#ready.set(name, network);
      return network;
    } catch (cause) {
      this.#made.delete(name);
      throw cause;
    }
  }
}

/** @param traits - of the device; tests pass others. */
export async function compileNetwork(
  device: GPUDevice,
  shape: NetworkShape,
  layers: readonly Layer[],
  traits: DeviceTraits = deviceTraits(device),
): Promise<CompiledNetwork> {
  const last = layers.length - 1;
  const kernels = layers.map((layer, n) =>
    compileLayer(device, shape, layer, { isFirst: n === 0, isLast: n === last }, traits),
  );
  return { shape, layers: await Promise.all(kernels) };
}

export interface LayerKernel extends Kernel {
  outputs: number;
  format: KernelVariant['format'];
  /** Null where the weights are constants of the shader. */
  weights: GPUBufferBinding | null;
}

export async function compileLayer(
  device: GPUDevice,
  shape: NetworkShape,
  layer: Layer,
  place: LayerPlace,
  traits: DeviceTraits,
): Promise<LayerKernel> {
  const variant = variantFor(layer, traits);
  const data = variant.precision === 'f16' ? Uint16Array.from(layer.weights, toFloat16Bits) : layer.weights;
  const space = data.byteLength <= device.limits.maxUniformBufferBindingSize ? 'uniform' : 'storage';
  const label = `convolution ${layer.inputs} to ${layer.outputs}`;
  const module = device.createShaderModule({ label, code: layerCode(shape, layer, place, variant, space) });
  const pipeline = await device.createComputePipelineAsync({
    label,
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const { tile, format, weightsIn } = variant;
  return {
    pipeline,
    layout: pipeline.getBindGroupLayout(0),
    workgroup: [WORKGROUP[0] * tile[0], WORKGROUP[1] * tile[1]],
    outputs: layer.outputs,
    format,
    weights: weightsIn === 'buffer' ? { buffer: weightsBuffer(device, label, data, space) } : null,
  };
}

function weightsBuffer(
  device: GPUDevice,
  label: string,
  data: Float32Array | Uint16Array,
  space: 'uniform' | 'storage',
): GPUBuffer {
  const usage = space === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
  const buffer = device.createBuffer({ label, size: data.byteLength, usage, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}
