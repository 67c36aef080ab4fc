import { commands } from '@vitest/browser/context';
import { MeshError } from '../../shared/errors.ts';
import type { Network } from '../../shared/tasks/upscale.ts';
import { parseManifest } from './models/manifest.ts';
import { modelName } from './models/model-name.ts';
import type { ModelSource } from './models/model-source.ts';
import type { InputKind } from './networks/input-kind.ts';
import { type Layer, unpackLayers } from './networks/layers.ts';
import type { Features } from './networks/reference.ts';
import { readVectors } from './networks/test-vectors.ts';

const MODELS = 'web/public/models';
const VECTORS = 'web/compute/networks/test-vectors';

/** The repository's models, as they lie there: for browser tests. */
export const repositoryModels: ModelSource = {
  async load(name, kind) {
    const { models } = parseManifest(JSON.parse(await commands.readFile(`${MODELS}/manifest.json`)));
    const model = models.find((candidate) => candidate.name === name);
    if (!model) throw new MeshError('unknown-model', `There is no model '${name}'.`);
    return { model, bytes: await readBytes(`${MODELS}/${model.files[kind].path}`) };
  },
};

export async function loadNetwork(name: Network, input: InputKind = 'smooth') {
  const { model, bytes } = await repositoryModels.load(modelName(name, input), 'wgsl');
  return { shape: model.network, layers: unpackLayers(model.network, bytes) };
}

/** By the name of the part: `source`, `layer0` and so on, `sharp`. */
export async function loadVectors(name: Network): Promise<(part: string) => Features> {
  const index = JSON.parse(await commands.readFile(`${VECTORS}/${name}.json`));
  const parts = readVectors(index, await readBytes(`${VECTORS}/${name}.bin`));
  return (part) => {
    const features = parts.get(part);
    if (!features) throw new Error(`no part ${part}`);
    return features;
  };
}

/** Weights between -reach and reach over the number that is added up, the same at each call. */
export function madeUpLayers(widths: readonly number[], reach = 1.5): Layer[] {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return (2 * state) / 2_147_483_647 - 1;
  };
  return widths.slice(1).map((outputs, n) => {
    const inputs = widths[n] ?? 0;
    const inBlocks = Math.ceil(inputs / 4);
    const outBlocks = Math.ceil(outputs / 4);
    const scale = reach / Math.sqrt(9 * inputs);
    const weights = Float32Array.from({ length: 9 * inBlocks * outBlocks * 16 }, (_, i) => {
      const input = (Math.floor(i / 16 / outBlocks) % inBlocks) * 4 + ((i >> 2) & 3);
      return input < inputs ? random() * scale : 0;
    });
    return { inputs, outputs, weights, bias: Float32Array.from({ length: outputs }, () => random() * 0.1) };
  });
}

async function readBytes(path: string): Promise<ArrayBuffer> {
  const text = atob(await commands.readFile(path, 'base64'));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}
