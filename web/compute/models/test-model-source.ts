import { MeshError } from '../../../shared/errors.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import type { ModelSource } from './model-source.ts';

/** The models of the checkout, from wherever they are served. */
export function servedModels(folder = '/web/public/models/'): ModelSource {
  let manifest: Promise<Manifest> | null = null;
  return {
    async load(network, kind) {
      manifest ??= fetch(`${folder}manifest.json`).then(async (response) => parseManifest(await response.json()));
      const model = (await manifest).models.find(({ name }) => name === network);
      if (!model) throw new MeshError('unknown-model', `There is no model ${network}.`);
      const response = await fetch(folder + model.files[kind].path);
      return { model, bytes: await response.arrayBuffer() };
    },
  };
}
