import type { MeshError, WireError } from '../../../shared/errors.ts';
import type { InputKind, Network } from '../../../shared/tasks/upscale.ts';
import type { NetworkModel } from './manifest.ts';

/** Interval, ms, at which the progress of a download is reported: ten times a second looks live. */
export const PROGRESS_INTERVAL_MS = 100;

/** Of a network there is a model for each kind of picture that it may be given. */
export type ModelName = `${Network}-${InputKind}`;

export function modelName(network: Network, input: InputKind): ModelName {
  return `${network}-${input}`;
}

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

/** How the fetching of one file stands. Plain data: it goes from the worker to its page. */
export interface ModelProgress {
  /** Its name in the list of models, or its URL. */
  model: string;
  kind: ModelFileKind;
  state: 'fetching' | 'ready' | 'failed';
  /** Back to 0 when what came was damaged and is fetched again. */
  loadedBytes: number;
  /** As the list of models promises, or the server; 0 until that is known. */
  totalBytes: number;
  /** Why it failed, and what to do. */
  error?: WireError;
  /** What a person may want to know although it is ready; each thing once. */
  note?: string;
}

interface Environment {
  now(): number;
  tell(progress: ModelProgress): void;
}

/** Tells of one file's fetching, at most every {@link PROGRESS_INTERVAL_MS} while it lasts; its end is always told. */
export class ProgressReporter {
  #progress: ModelProgress;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    model: string,
    kind: ModelFileKind,
    private readonly environment: Environment,
  ) {
    this.#progress = { model, kind, state: 'fetching', loadedBytes: 0, totalBytes: 0 };
  }

  expect(totalBytes: number): void {
    this.#progress = { ...this.#progress, totalBytes };
  }

  loaded(loadedBytes: number): void {
    this.#progress = { ...this.#progress, loadedBytes };
    const nowMs = this.environment.now();
    if (nowMs - this.#toldAtMs < PROGRESS_INTERVAL_MS) return;
    this.#toldAtMs = nowMs;
    this.environment.tell(this.#progress);
  }

  ready(note: string): void {
    const { loadedBytes, totalBytes } = this.#progress;
    const allBytes = Math.max(loadedBytes, totalBytes);
    this.environment.tell({
      ...this.#progress,
      state: 'ready',
      loadedBytes: allBytes,
      totalBytes: allBytes,
      ...(note && { note }),
    });
  }

  failed(error: MeshError): void {
    this.environment.tell({ ...this.#progress, state: 'failed', error: error.toWire() });
  }
}
