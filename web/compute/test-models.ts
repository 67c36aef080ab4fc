import { MeshError } from '../../shared/errors.ts';
import type { Network } from '../../shared/tasks/upscale.ts';
import { type Manifest, networksIn, parseManifest } from './models/manifest.ts';
import type { ModelSource, OnnxSource } from './models/model-source.ts';
import type { Features } from './networks/reference-network.ts';
import { type Layer, unpackLayers } from './networks/weights.ts';

const VECTORS = '/web/compute/networks/test-vectors';

export const repositoryModels = servedModels();

export async function loadNetwork(name: Network) {
  const { model, bytes } = await repositoryModels.load(name, 'wgsl');
  return { shape: model.network, layers: unpackLayers(model.network, bytes) };
}

/** Layer outputs of PyTorch (`training/export.py`) by name: `source`, `layer0` and so on, `sharp`. */
export async function loadVectors(name: Network): Promise<(part: string) => Features> {
  const [index, bytes] = await Promise.all([
    fetch(`${VECTORS}/${name}.json`).then((response) => response.json()),
    fetch(`${VECTORS}/${name}.bin`).then((response) => response.arrayBuffer()),
  ]);
  const parts = readVectors(index, bytes);
  return (part) => {
    const features = parts.get(part);
    if (!features) throw new Error(`no part ${part}`);
    return features;
  };
}

/** Pseudo-random weights within -reach..reach, divided by the root of the number of products; the same at each call. */
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

/** The repository's models, from wherever they are served. */
export function servedModels(folder = '/web/public/models/'): ModelSource & OnnxSource {
  return modelsFrom(async (file) => (await fetch(folder + file)).arrayBuffer());
}

/** The models of a folder, from wherever its files can be read. */
export function modelsFrom(read: (file: string) => Promise<ArrayBuffer>): ModelSource & OnnxSource {
  let manifest: Promise<Manifest> | null = null;
  const list = () => {
    manifest ??= read('manifest.json').then((bytes) => parseManifest(JSON.parse(new TextDecoder().decode(bytes))));
    return manifest;
  };
  return {
    async load(network, kind) {
      const model = networksIn(await list()).find(({ name }) => name === network);
      if (!model) throw new MeshError('unknown-model', `There is no model ${network}.`);
      return { model, bytes: await read(model.files[kind].path) };
    },
    async loadOnnx(wanted, onShare) {
      const model = (await list()).models.find(({ name }) => name === wanted);
      if (!model) throw new MeshError('unknown-model', `There is no model ${wanted}.`);
      const bytes = new Uint8Array(await read(model.files.onnx.path));
      onShare(1);
      return bytes;
    },
  };
}

interface Index {
  parts: { name: string; width: number; height: number; channels: number }[];
}

/** Layer outputs of PyTorch (`vectors` in training/export.py). */
export function readVectors(index: Index, bytes: ArrayBuffer): Map<string, Features> {
  let offset = 0;
  return new Map(
    index.parts.map(({ name, width, height, channels }) => {
      const data = new Float32Array(bytes, offset, width * height * channels);
      offset += data.byteLength;
      return [name, { width, height, channels, data }];
    }),
  );
}
