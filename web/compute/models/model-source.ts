import type { Model } from './manifest.ts';
import type { ModelName } from './model-name.ts';

/**
 * Which of a model's files: the kernels' weights, or one of the two for onnxruntime-web. Spelled out, as it is among the SDK's types,
 * which do without those of the manifest's schema.
 */
export type ModelFileKind = 'wgsl' | 'onnx' | 'onnxFp16';

/** Where backends get the networks from. */
export interface ModelSource {
  /** Throws MeshError `unknown-model` when there is none of that name, `connection-failed` when it cannot be fetched, `malformed` when it is damaged. */
  load(model: ModelName, kind: ModelFileKind): Promise<{ model: Model; bytes: ArrayBuffer }>;
}
