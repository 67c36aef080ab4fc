import type { ProgressListener } from '../../shared/tasks/definition.ts';
import type { BackendName } from './backend.ts';
import type { ModelSource, OnnxSource } from './models/model-source.ts';

/** What a volunteer promises. `backends` is by kind of task. `frameIn` and `frameOut` name the ways a frame takes into and out of the backend. */
export interface EngineCapabilities {
  adapter: string;
  backends: Record<string, { backend: string; unitsPerMs: number }>;
  frameIn: string;
  frameOut: string;
}

/** `computeMs` is the time from its turn to its result, without the waiting for others. */
export interface ExecutedTask {
  value: unknown;
  attachments: Uint8Array[];
  backend: string;
  computeMs: number;
}

/** Whose task it is, for each owner gets its share of the machine; and what cancels it. */
export interface ExecuteOptions {
  owner: string;
  signal: AbortSignal;
  /** Of tasks that take long enough for it. */
  onProgress?: ProgressListener;
}

export interface EngineOptions {
  gpu: GPU | undefined;
  now(): number;
  /** Again after a lost device. */
  onCapabilities?(capabilities: EngineCapabilities): void;
  /** Without it only filters run. */
  models?: ModelSource;
  /** Without it `infer` knows no model. */
  onnx?: OnnxSource;
  /**
   * Takes it even where another is faster: `wgsl` for everything; `js`, and `ort-wasm` as what runs networks beside it, for the processor;
   * `ort-webgpu` for networks, with the processor for filters.
   */
  preferBackend?: BackendName;
}

/** Sharpens the frames of one stream. */
export interface FrameUpscaler {
  readonly backend: string;
  /** Resolves when what makes its quality was loaded and measured, outside any turn. Throws MeshError when it cannot be had. */
  ready(): Promise<void>;
  /** A new frame with the same timestamp; the caller closes both. May be called again before the last one resolved. */
  process(frame: VideoFrame): Promise<VideoFrame>;
  dispose(): void;
}
