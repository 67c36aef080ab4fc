import { expect } from 'vitest';
import type { NetworkShape } from '../../models/manifest.ts';
import type { Features } from '../../networks/reference-network.ts';
import { channelBlocks, type Layer } from '../../networks/weights.ts';
import { KernelDispatch } from '../filter-passes.ts';
import { compileLayer, type LayerKernel } from './compiled-network.ts';
import { BINDING } from './convolution.ts';
import type { DeviceTraits } from './kernel-variant.ts';

/** Float32 sums in another order. */
export const TOLERANCE = 1e-4;
/** Features stored in half precision between layers, relative to the largest: a rounding of 2^-11 per layer and its propagation. */
export const HALF_TOLERANCE = 4e-3;

/** A GPU that computes in single precision. */
export const ON_GPU: DeviceTraits = { hasF16: false, isSoftware: false };

interface Size {
  width: number;
  height: number;
}

/** The outputs layer by layer; the last one before the pixel shuffle. */
export async function runLayers(
  device: GPUDevice,
  shape: NetworkShape,
  layers: Layer[],
  source: Features,
  traits: DeviceTraits,
): Promise<Features[]> {
  const size = { width: source.width, height: source.height };
  const sourceView = sourceTexture(device, source).createView();
  const all: Features[] = [];
  let before: GPUTexture | undefined;
  for (const [n, layer] of layers.entries()) {
    const isLast = n === layers.length - 1;
    // Without activation the slope is 1.
    const plain = isLast ? { ...shape, leak: 1 } : shape;
    const kernel = await compileLayer(device, plain, layer, { isFirst: n === 0, isLast: false }, traits);
    const after = featureTexture(device, kernel, size);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    new KernelDispatch(device, kernel, size).encode(pass, {
      ...(n === 0 ? { [BINDING.source]: sourceView } : {}),
      [BINDING.result]: after.createView({ dimension: '2d-array' }),
      ...(before ? { [BINDING.features]: before.createView({ dimension: '2d-array' }) } : {}),
      ...(kernel.weights ? { [BINDING.weights]: kernel.weights } : {}),
    });
    pass.end();
    device.queue.submit([encoder.finish()]);
    all.push({ ...size, channels: layer.outputs, data: await featuresIn(device, after, kernel) });
    before = after;
  }
  return all;
}

function sourceTexture(device: GPUDevice, { width, height, data }: Features): GPUTexture {
  const texture = device.createTexture({
    size: [width, height],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  const pixels = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) pixels[Math.floor(i / 3) * 4 + (i % 3)] = Math.round((data[i] ?? 0) * 255);
  device.queue.writeTexture({ texture }, pixels, { bytesPerRow: width * 4 }, [width, height]);
  return texture;
}

function featureTexture(device: GPUDevice, { outputs, format }: LayerKernel, { width, height }: Size) {
  const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_SRC;
  return device.createTexture({ size: [width, height, channelBlocks(outputs)], format, usage });
}

/** Channels last. */
async function featuresIn(
  device: GPUDevice,
  texture: GPUTexture,
  { outputs, format }: LayerKernel,
): Promise<Float32Array> {
  const { width, height } = texture;
  const valueBytes = format === 'rgba16float' ? 2 : 4;
  const bytesPerRow = Math.ceil((width * 4 * valueBytes) / 256) * 256;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: bytesPerRow * height * channelBlocks(outputs), usage });
  const encoder = device.createCommandEncoder();
  const layout = { buffer, bytesPerRow, rowsPerImage: height };
  encoder.copyTextureToBuffer({ texture }, layout, [width, height, channelBlocks(outputs)]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const bytes = new DataView(buffer.getMappedRange());
  const data = Float32Array.from({ length: width * height * outputs }, (_, i) => {
    const channel = i % outputs;
    const x = Math.floor(i / outputs) % width;
    const y = Math.floor(i / outputs / width);
    const at = ((channel >> 2) * height + y) * bytesPerRow + (x * 4 + (channel & 3)) * valueBytes;
    return valueBytes === 2 ? fromHalf(bytes.getUint16(at, true)) : bytes.getFloat32(at, true);
  });
  buffer.destroy();
  return data;
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

export function gradient(width: number, height: number): Features {
  const data = Float32Array.from({ length: width * height * 3 }, (_, i) => ((i * 37) % 256) / 255);
  return { width, height, channels: 3, data };
}

export function difference(made: Features | undefined, expected: Features): number {
  expect([made?.width, made?.height, made?.channels]).toEqual([expected.width, expected.height, expected.channels]);
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (made?.data[i] ?? Number.NaN))), 0);
}

/** The largest difference beyond what half precision allows, where it is used. */
export function excess(made: Features | undefined, expected: Features, half?: Features): number {
  if (!half) return difference(made, expected);
  return expected.data.reduce((most, value, i) => {
    const beyond = Math.abs(value - (made?.data[i] ?? Number.NaN)) - (half.data[i] ?? 0);
    return Math.max(most, beyond);
  }, 0);
}

export function largest({ data }: Features): number {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
