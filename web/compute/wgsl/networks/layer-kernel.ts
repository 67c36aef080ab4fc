import type { NetworkShape } from '../../models/manifest.ts';
import { toFloat16Bits } from '../../networks/float16.ts';
import type { Layer } from '../../networks/layers.ts';
import type { Kernel } from '../step.ts';
import { type LayerPlace, layerCode } from './layer-code.ts';
import { type Tactics, type Traits, tacticsFor, WORKGROUP } from './tactics.ts';

export interface LayerKernel extends Kernel {
  outputs: number;
  format: Tactics['format'];
  /** Null where they are constants of the shader. */
  weights: GPUBufferBinding | null;
}

export async function compileLayer(
  device: GPUDevice,
  shape: NetworkShape,
  layer: Layer,
  place: LayerPlace,
  traits: Traits,
): Promise<LayerKernel> {
  const tactics = tacticsFor(layer, traits);
  const data = tactics.precision === 'f16' ? Uint16Array.from(layer.weights, toFloat16Bits) : layer.weights;
  const space = data.byteLength <= device.limits.maxUniformBufferBindingSize ? 'uniform' : 'storage';
  const label = `convolution ${layer.inputs} to ${layer.outputs}`;
  const module = device.createShaderModule({ label, code: layerCode(shape, layer, place, tactics, space) });
  const pipeline = await device.createComputePipelineAsync({
    label,
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const { tile, format, weightsIn } = tactics;
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
