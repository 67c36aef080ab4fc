import type { MeshError, WireError } from '../../../shared/errors.ts';
import { MODELS } from '../tuning.ts';
import type { ModelFileKind } from './model-source.ts';

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

/** Tells of one file's fetching, at most every {@link MODELS.progressIntervalMs} while it lasts; its end is always told. */
export class ProgressReport {
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
    if (nowMs - this.#toldAtMs < MODELS.progressIntervalMs) return;
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
