import type { MeshError, WireError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Network } from '../../../shared/tasks/upscale.ts';
import type { NetworkModel } from './manifest.ts';

const log = logger('compute.models');

/** Interval of reports on the progress of a download or of a run, ms: ten times a second looks live. */
export const PROGRESS_INTERVAL_MS = 100;

/**
 * Files of a model: the weights for the kernels, or one of the two for onnxruntime-web. Spelled out, because the SDK's types contain it and
 * do not contain the manifest's schema.
 */
export type ModelFileKind = 'wgsl' | 'onnx' | 'onnxFp16';

/** Where backends get networks from. */
export interface ModelSource {
  /**
   * Throws MeshError `unknown-model` when there is no such network, `connection-failed` when it cannot be fetched, `malformed` when it is
   * damaged.
   */
  load(network: Network, kind: ModelFileKind): Promise<{ model: NetworkModel; bytes: ArrayBuffer }>;
}

/** Where `infer` gets models from: float32 ONNX, as trained. */
export interface OnnxSource {
  /**
   * @param model - a name in the list of models, or a URL.
   * @param onShare - called with the share that was fetched, 0 to 1.
   * @param signal - ends the download.
   *
   * Throws MeshError: as {@link ModelSource.load} does; `unknown-model` for a URL that is not accepted here; `too-large`; `cancelled`.
   */
  loadOnnx(model: string, onShare: (share: number) => void, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Weights that a model keeps in a file beside its own. Undefined: no model has any.
   *
   * @param path - as the model names it.
   *
   * Throws MeshError as `loadOnnx` does.
   */
  loadData?(model: string, path: string, options: LoadDataOptions): Promise<Uint8Array<ArrayBuffer>>;
}

export interface LoadDataOptions {
  /** What was loaded of the model before. */
  loadedBytes: number;
  onShare(share: number): void;
  signal: AbortSignal;
}

/** The files of a language model, but for the model itself, which is loaded as those of `infer` are. */
export interface LanguageFiles {
  /** Its name in results. */
  name: string;
  /** What {@link OnnxSource.loadOnnx} knows its file by. Where there are several, the first that exists is taken. */
  onnx: readonly string[];
  /** A `tokenizer.json`. */
  tokenizer: Uint8Array;
  /** Tokens of a prompt and its answer together. */
  contextTokens: number;
}

/** Where language models come from. */
export interface LanguageSource {
  /** Whether the server's list has a language model of this name. Throws MeshError where the list cannot be read. */
  isListed(name: string): Promise<boolean>;
  /**
   * @param model - a name in the server's list, the name of a folder of the server's, or the address of a folder; undefined: the first of the list.
   *
   * Throws MeshError as {@link OnnxSource.loadOnnx} does.
   */
  loadLanguage(
    model: string | undefined,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LanguageFiles>;
}

/** Progress of fetching one file. Plain data: the worker posts it to its page. */
export interface ModelProgress {
  /** Name in the list of models, or URL. */
  model: string;
  kind: ModelFileKind;
  state: 'fetching' | 'ready' | 'failed';
  /** Goes back to 0 when the file was damaged and is fetched again. */
  loadedBytes: number;
  /** From the list of models or the server; 0 until it is known. */
  totalBytes: number;
  /** Why it failed, and what to do. */
  error?: WireError;
  /** A message for people although the file is ready. Each message is given once. */
  note?: string;
}

interface Environment {
  now(): number;
  report(progress: ModelProgress): void;
}

/** Reports the progress of one file at most every {@link PROGRESS_INTERVAL_MS}, and always its end. */
export class ProgressReporter {
  #progress: ModelProgress;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    model: string,
    kind: ModelFileKind,
    private readonly environment: Environment,
  ) {
    this.#progress = { model, kind, state: 'fetching', loadedBytes: 0, totalBytes: 0 };
  }

  get #logFields() {
    const { model, kind } = this.#progress;
    return { model, kind };
  }

  expect(totalBytes: number): void {
    this.#progress = { ...this.#progress, totalBytes };
  }

  loaded(loadedBytes: number): void {
    this.#progress = { ...this.#progress, loadedBytes };
    const nowMs = this.environment.now();
    if (nowMs - this.#reportedAtMs < PROGRESS_INTERVAL_MS) return;
    this.#reportedAtMs = nowMs;
    this.environment.report(this.#progress);
  }

  ready(note: string): void {
    const { loadedBytes, totalBytes } = this.#progress;
    const allBytes = Math.max(loadedBytes, totalBytes);
    // Nothing loaded: the browser had kept it.
    log.info('ready', { ...this.#logFields, loadedBytes, totalBytes });
    this.environment.report({
      ...this.#progress,
      state: 'ready',
      loadedBytes: allBytes,
      totalBytes: allBytes,
      ...(note && { note }),
    });
  }

  failed(error: MeshError): void {
    log.warn('failed', { ...this.#logFields, reason: error.reason });
    this.environment.report({ ...this.#progress, state: 'failed', error: error.toWire() });
  }
}
