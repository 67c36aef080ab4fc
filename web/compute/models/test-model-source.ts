import { MeshError } from '../../../shared/errors.ts';
import { type Manifest, networksIn, parseManifest } from './manifest.ts';
import type { ModelSource, OnnxSource } from './model-source.ts';

/** The models of the checkout, from wherever they are served. */
export function servedModels(folder = '/web/public/models/'): ModelSource & OnnxSource {
  let manifest: Promise<Manifest> | null = null;
  const list = () => {
    manifest ??= fetch(`${folder}manifest.json`).then(async (response) => parseManifest(await response.json()));
    return manifest;
  };
  return {
    async load(network, kind) {
      const model = networksIn(await list()).find(({ name }) => name === network);
      if (!model) throw new MeshError('unknown-model', `There is no model ${network}.`);
      const response = await fetch(folder + model.files[kind].path);
      return { model, bytes: await response.arrayBuffer() };
    },
    async loadOnnx(wanted, onShare) {
      const model = (await list()).models.find(({ name }) => name === wanted);
      if (!model) throw new MeshError('unknown-model', `There is no model ${wanted}.`);
      const response = await fetch(folder + model.files.onnx.path);
      const bytes = new Uint8Array(await response.arrayBuffer());
      onShare(1);
      return bytes;
    },
  };
}
