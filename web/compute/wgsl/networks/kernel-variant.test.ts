import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { IMAGE, NETWORKS } from '../../../../shared/tasks/upscale.ts';
import { type NetworkShape, networksIn, parseManifest } from '../../models/manifest.ts';
import { type Features, featuresOf } from '../../networks/reference-network.ts';
import { halfPrecisionTolerances, roundedToFloat16 } from '../../networks/test-half-precision.ts';
import { channelBlocks, type Layer, TAPS, unpackLayers } from '../../networks/weights.ts';
import { readVectors } from '../../test-models.ts';
import { deviceTraits, variantFor } from './kernel-variant.ts';
import { layerCode } from './layer-shader.ts';

const MODELS = new URL('../../../public/models/', import.meta.url);
const VECTORS = new URL('../../networks/test-vectors/', import.meta.url);

// Few machines that run these tests have a GPU with half precision. The reference stands in, with every product and every sum rounded, as
// in the least exact implementation.
it.each(NETWORKS)('the network %s is exact enough in half precision', async (name) => {
  const { network, layers } = await load(name);
  const source = await sourceOfVectors(name);
  const exact = featuresOf(network, layers, source).at(-1);
  let features = halved(source);
  for (const [n, layer] of layers.entries()) {
    const slope = n === layers.length - 1 ? 1 : network.leak;
    features = halfLayer(network, layer, features, slope);
  }
  const offBy = features.data.map((value, i) => Math.abs(value - (exact?.data[i] ?? Number.NaN)));
  expect(Math.max(...offBy) * 255).toBeLessThan(IMAGE.tolerance8bit);
});

/** Layers through which the tolerance is close. */
const DEEP = 7;

// The tests of layers use these tolerances on a machine with half precision.
it.each(NETWORKS)('every layer of %s in half precision is within its tolerance', async (name) => {
  const { network, layers } = await load(name);
  const source = await sourceOfVectors(name);
  const exact = featuresOf(network, layers, source);
  const tolerances = halfPrecisionTolerances(network, layers, source);
  let features = halved(source);
  for (const [n, layer] of layers.entries()) {
    features = halfLayer(network, layer, features, n === layers.length - 1 ? 1 : network.leak);
    const shares = features.data.map((value, i) => {
      return Math.abs(value - (exact[n]?.data[i] ?? Number.NaN)) / (tolerances[n]?.data[i] ?? 0);
    });
    expect(Math.max(...shares), `layer ${n}`).toBeLessThan(1);
    // A tolerance that nothing could exceed would find no wrong kernel. Through the last layers of the deepest network errors cancel more than it supposes;
    // made-up-layers.browser.test.ts holds kernels as wide in three layers.
    if (n < DEEP) expect(Math.max(...shares), `layer ${n}`).toBeGreaterThan(0.01);
  }
});

it.each(NETWORKS)('a device without half precision gets shaders of %s in f32', async (name) => {
  const { network, layers } = await load(name);
  const device = {
    features: new Set(),
    adapterInfo: { vendor: 'someone', architecture: '', device: '', description: '' },
  };
  const traits = deviceTraits(device as unknown as GPUDevice);
  expect(traits).toMatchObject({ hasF16: false });
  for (const [n, layer] of layers.entries()) {
    const place = { isFirst: n === 0, isLast: n === layers.length - 1 };
    const variant = variantFor(layer, traits);
    expect(variant.precision).toBe('f32');
    expect(layerCode(network, layer, place, variant, 'uniform')).not.toMatch(/\bf16\b|vec4h/);
  }
});

function halfLayer(network: NetworkShape, layer: Layer, features: Features, slope: number): Features {
  const isByBlock = variantFor(layer, { hasF16: true, isSoftware: false }).sumsByBlock;
  const parts = isByBlock ? blocksIn(layer, features) : [{ layer, features }];
  const [sum, ...others] = parts.map(
    (part) => featuresOf(network, [halvedLayer(part.layer)], part.features, roundedToFloat16)[0],
  );
  if (!sum) throw new Error('no layer');
  const data = sum.data.map((value, i) => {
    const total = others.reduce((all, other) => all + (other?.data[i] ?? 0), value);
    return total < 0 ? total * slope : total;
  });
  // The last layer's values are not stored but added to the picture.
  return slope === 1 ? { ...sum, data } : halved({ ...sum, data });
}

/** Splits a layer into blocks of inputs with their weights. */
function blocksIn({ inputs, outputs, weights, bias }: Layer, { width, height, channels, data }: Features) {
  const inBlocks = channelBlocks(inputs);
  const blockLength = channelBlocks(outputs) * 16;
  return Array.from({ length: inBlocks }, (_, block) => ({
    layer: {
      inputs: 4,
      outputs,
      bias: block === 0 ? bias : bias.map(() => 0),
      weights: Float32Array.from({ length: TAPS * blockLength }, (_, i) => {
        const tap = Math.floor(i / blockLength);
        return weights[(tap * inBlocks + block) * blockLength + (i % blockLength)] ?? 0;
      }),
    },
    features: {
      width,
      height,
      channels: 4,
      data: data.filter((_, i) => (i % channels) >> 2 === block),
    },
  }));
}

function halvedLayer(layer: Layer): Layer {
  return { ...layer, weights: layer.weights.map(roundedToFloat16), bias: layer.bias.map(roundedToFloat16) };
}

function halved(features: Features): Features {
  return { ...features, data: features.data.map(roundedToFloat16) };
}

async function load(name: string) {
  const manifest = parseManifest(JSON.parse(await readFile(new URL('manifest.json', MODELS), 'utf8')));
  const model = networksIn(manifest).find((candidate) => candidate.name === name);
  if (!model) throw new Error(`no model ${name}`);
  const bytes = Uint8Array.from(await readFile(new URL(model.files.wgsl.path, MODELS)));
  return { network: model.network, layers: unpackLayers(model.network, bytes.buffer) };
}

async function sourceOfVectors(name: string): Promise<Features> {
  const index = JSON.parse(await readFile(new URL(`${name}.json`, VECTORS), 'utf8'));
  const bytes = Uint8Array.from(await readFile(new URL(`${name}.bin`, VECTORS)));
  const source = readVectors(index, bytes.buffer).get('source');
  if (!source) throw new Error('no source');
  return source;
}
