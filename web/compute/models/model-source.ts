import type { Model } from './manifest.ts';
import type { ModelName } from './model-name.ts';

/** Which of a model's files: the kernels' weights, or one of the two for onnxruntime-web. */
export type ModelFileKind = keyof Model['files'];

/** Where backends get the networks from. */
export interface ModelSource {
  /** Throws MeshError `unknown-model` when there is none of that name, `connection-failed` when it cannot be fetched, `malformed` when it is damaged. */
  load(model: ModelName, kind: ModelFileKind): Promise<{ model: Model; bytes: ArrayBuffer }>;
}
