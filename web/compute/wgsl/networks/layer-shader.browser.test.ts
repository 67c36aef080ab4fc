import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NETWORKS } from '../../../../shared/tasks/upscale.ts';
import type { NetworkShape } from '../../models/manifest.ts';
import { halfPrecisionTolerances } from '../../networks/half-precision.ts';
import { type Features, featuresOf } from '../../networks/reference-network.ts';
import { blocksOf, type Layer } from '../../networks/weights.ts';
import { loadNetwork, loadVectors, madeUpLayers } from '../../test-models.ts';
import { KernelDispatch } from '../filter-passes.ts';
import { openDevice } from '../gpu-device.ts';
import { compileLayer, type LayerKernel } from './compiled-network.ts';
import { BINDING } from './convolution.ts';
import { type DeviceTraits, deviceTraits, variantFor } from './kernel-variant.ts';
import { layerCode } from './layer-shader.ts';

/** Float32 sums in another order. */
const TOLERANCE = 1e-4;
/** Features stored in half precision between layers, relative to the largest: a rounding of 2^-11 per layer and its propagation. */
const HALF_TOLERANCE = 4e-3;

const ON_GPU: DeviceTraits = { hasF16: false, isSoftware: false };
const IN_SOFTWARE: DeviceTraits = { hasF16: false, isSoftware: true };

let device: GPUDevice;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  device = opened.device;
});

afterAll(() => device.destroy());

describe.each(NETWORKS)('every layer of %s matches PyTorch', (name) => {
  test('as this machine runs it', async () => {
    const { shape, layers } = await loadNetwork(name);
    const part = await loadVectors(name);
    const traits = deviceTraits(device);
    const made = await runLayers(shape, layers, part('source'), traits);
    const half = traits.hasF16 ? halfPrecisionTolerances(shape, layers, part('source')) : [];
    for (const [n, features] of made.entries()) {
      expect(excess(features, part(`layer${n}`), half[n])).toBeLessThan(TOLERANCE);
    }
  });

  test('with weights in buffers and features in half precision', async () => {
    const { shape, layers } = await loadNetwork(name);
    const part = await loadVectors(name);
    const made = await runLayers(shape, layers, part('source'), ON_GPU);
    for (const [n, features] of made.entries()) {
      const expected = part(`layer${n}`);
      expect(difference(features, expected) / largest(expected)).toBeLessThan(HALF_TOLERANCE);
    }
  });
});

describe.each([
  { widths: [3, 12], outputs: 'rgb', leak: 0 },
  { widths: [3, 4, 20, 4], outputs: 'luma', leak: 1 },
  { widths: [3, 8, 16, 4], outputs: 'luma', leak: 0.25 },
] satisfies NetworkShape[])('a network of widths $widths', (shape) => {
  test.each([ON_GPU, IN_SOFTWARE])('matches the reference (%o)', async (traits) => {
    const layers = madeUpLayers(shape.widths);
    const source = gradient(11, 6);
    const made = await runLayers(shape, layers, source, traits);
    for (const [n, expected] of featuresOf(shape, layers, source).entries()) {
      const tolerance = traits.isSoftware ? TOLERANCE : HALF_TOLERANCE;
      expect(difference(made[n], expected) / largest(expected)).toBeLessThan(tolerance);
    }
  });
});

test('weights that exceed a uniform buffer are read from a storage buffer', async () => {
  const shape: NetworkShape = { widths: [3, 44, 44, 4], outputs: 'luma', leak: 0.1 };
  const layers = madeUpLayers(shape.widths);
  const source = gradient(5, 4);
  const made = await runLayers(shape, layers, source, ON_GPU);
  for (const [n, expected] of featuresOf(shape, layers, source).entries())
    expect(difference(made[n], expected) / largest(expected)).toBeLessThan(HALF_TOLERANCE);
});

// An adapter with half precision compiles the shader as it is. Elsewhere f32 replaces f16, which does not reveal mixed types: `npm run
// bench -- kernels` does so on such an adapter.
test.each(NETWORKS)('the half-precision shaders of %s compile', async (name) => {
  const { shape, layers } = await loadNetwork(name);
  const canCompile = device.features.has('shader-f16');
  for (const [n, layer] of layers.entries()) {
    for (const isSoftware of [true, false]) {
      const place = { isFirst: n === 0, isLast: n === layers.length - 1 };
      const code = layerCode(shape, layer, place, variantFor(layer, { hasF16: true, isSoftware }), 'uniform');
      expect(code).toContain('enable f16;');
      const compiled = canCompile ? code : code.replace('enable f16;', '').replaceAll('f16>', 'f32>');
      const { messages } = await device.createShaderModule({ code: compiled }).getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
    }
  }
});

/** The outputs layer by layer; the last one before the pixel shuffle. */
async function runLayers(
  shape: NetworkShape,
  layers: Layer[],
  source: Features,
  traits: DeviceTraits,
): Promise<Features[]> {
  const size = { width: source.width, height: source.height };
  const sourceView = sourceTexture(source).createView();
  const all: Features[] = [];
  let before: GPUTexture | undefined;
  for (const [n, layer] of layers.entries()) {
    const isLast = n === layers.length - 1;
    // Without activation the slope is 1.
    const plain = isLast ? { ...shape, leak: 1 } : shape;
    const kernel = await compileLayer(device, plain, layer, { isFirst: n === 0, isLast: false }, traits);
    const after = featureTexture(kernel, size);
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
    all.push({ ...size, channels: layer.outputs, data: await featuresIn(after, kernel) });
    before = after;
  }
  return all;
}

function sourceTexture({ width, height, data }: Features): GPUTexture {
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

function featureTexture({ outputs, format }: LayerKernel, { width, height }: { width: number; height: number }) {
  const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_SRC;
  return device.createTexture({ size: [width, height, blocksOf(outputs)], format, usage });
}

/** Channels last. */
async function featuresIn(texture: GPUTexture, { outputs, format }: LayerKernel): Promise<Float32Array> {
  const { width, height } = texture;
  const valueBytes = format === 'rgba16float' ? 2 : 4;
  const bytesPerRow = Math.ceil((width * 4 * valueBytes) / 256) * 256;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: bytesPerRow * height * blocksOf(outputs), usage });
  const encoder = device.createCommandEncoder();
  const layout = { buffer, bytesPerRow, rowsPerImage: height };
  encoder.copyTextureToBuffer({ texture }, layout, [width, height, blocksOf(outputs)]);
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

function gradient(width: number, height: number): Features {
  const data = Float32Array.from({ length: width * height * 3 }, (_, i) => ((i * 37) % 256) / 255);
  return { width, height, channels: 3, data };
}

function difference(made: Features | undefined, expected: Features): number {
  expect([made?.width, made?.height, made?.channels]).toEqual([expected.width, expected.height, expected.channels]);
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (made?.data[i] ?? Number.NaN))), 0);
}

/** The largest difference beyond what half precision allows, where it is used. */
function excess(made: Features, expected: Features, half?: Features): number {
  if (!half) return difference(made, expected);
  return expected.data.reduce((most, value, i) => {
    const beyond = Math.abs(value - (made.data[i] ?? Number.NaN)) - (half.data[i] ?? 0);
    return Math.max(most, beyond);
  }, 0);
}

function largest({ data }: Features): number {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
