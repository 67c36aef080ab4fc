import type { NetworkModel } from './manifest.ts';
import type { ModelName } from './model-name.ts';

/**
 * Which of a model's files: the kernels' weights, or one of the two for onnxruntime-web. Spelled out, as it is among the SDK's types,
 * which do without those of the manifest's schema.
 */
export type ModelFileKind = 'wgsl' | 'onnx' | 'onnxFp16';

/** Where backends get the networks from. */
export interface ModelSource {
  /** Throws MeshError `unknown-model` when there is none of that name, `connection-failed` when it cannot be fetched, `malformed` when it is damaged. */
  load(model: ModelName, kind: ModelFileKind): Promise<{ model: NetworkModel; bytes: ArrayBuffer }>;
}

/** Where `infer` gets its models from: float32 ONNX as it was trained. */
export interface OnnxSource {
  /**
   * @param model - a name of the list of models, or a URL.
   * @param onShare - how much of it is here, 0 to 1.
   *
   * Throws MeshError: as {@link ModelSource.load} does; `unknown-model` for a URL that is not accepted here.
   */
  loadOnnx(model: string, onShare: (share: number) => void): Promise<Uint8Array<ArrayBuffer>>;
}
