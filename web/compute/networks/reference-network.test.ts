import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { NETWORKS, type Network } from '../../../shared/tasks/upscale.ts';
import { networksIn, parseManifest } from '../models/manifest.ts';
import { readVectors } from '../test-models.ts';
import { type Features, featuresOf, runNetwork } from './reference-network.ts';
import { unpackLayers } from './weights.ts';

const MODELS = new URL('../../public/models/', import.meta.url);
const VECTORS = new URL('./test-vectors/', import.meta.url);

/** Float32 products that are summed in another order. */
const TOLERANCE = 1e-4;

describe.each(NETWORKS)('the network %s', (name) => {
  it('computes what PyTorch computes, layer by layer, with borders and odd sizes', async () => {
    const { network, layers } = await load(name);
    const vectors = await loadVectors(name);
    const source = part(vectors, 'source');
    for (const [n, features] of featuresOf(network, layers, source).entries()) {
      expect(largestDifference(features, part(vectors, `layer${n}`))).toBeLessThan(TOLERANCE);
    }
    expect(largestDifference(runNetwork(network, layers, source), part(vectors, 'sharp'))).toBeLessThan(TOLERANCE);
  });

  it('is refused when its weights do not fit its shape', async () => {
    const { network, blob } = await load(name);
    expect(() => unpackLayers(network, blob.slice(4))).toThrow('do not fit');
    expect(() => unpackLayers({ ...network, widths: [...network.widths, 4] }, blob)).toThrow('do not fit');
  });
});

async function load(name: Network) {
  const manifest = parseManifest(JSON.parse(await readFile(new URL('manifest.json', MODELS), 'utf8')));
  const model = networksIn(manifest).find((candidate) => candidate.name === name);
  if (!model) throw new Error(`no model ${name}`);
  const blob = toBuffer(await readFile(new URL(model.files.wgsl.path, MODELS)));
  return { network: model.network, blob, layers: unpackLayers(model.network, blob) };
}

async function loadVectors(name: string): Promise<Map<string, Features>> {
  const index = JSON.parse(await readFile(new URL(`${name}.json`, VECTORS), 'utf8'));
  return readVectors(index, toBuffer(await readFile(new URL(`${name}.bin`, VECTORS))));
}

function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function part(vectors: Map<string, Features>, name: string): Features {
  const features = vectors.get(name);
  if (!features) throw new Error(`no part ${name}`);
  return features;
}

function largestDifference(made: Features, expected: Features): number {
  expect([made.width, made.height, made.channels]).toEqual([expected.width, expected.height, expected.channels]);
  return made.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] ?? 0))), 0);
}
