import { systemClock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { startModuleWorker } from '../module-worker.ts';
import type { FromModelWorker, ToModelWorker } from './onnx.worker.ts';
import workerUrl from './onnx.worker.ts?worker&url';
import type { NamedTensor, OnnxSession, OpenOnnx } from './onnx-sessions.ts';

/**
 * How long, ms, a cancelled run may go on before its worker is ended: loading the model again takes longer than most runs, and a task that was
 * hedged is cancelled when the other attempt is done.
 */
const CANCELLED_RUN_MS = 100;

type Answered = Exclude<FromModelWorker, { kind: 'failed' }>;

interface Waiting {
  resolve(answer: Answered): void;
  reject(error: MeshError): void;
}

/** Runs models on the processor, each in a worker of its own, which ends where nobody waits for the model while it is opened. */
export const openInWorker: OpenOnnx = async (bytes, weights = [], signal) => {
  if (signal?.aborted) throw MeshError.cancelled();
  const worker = new ModelWorker();
  const onAbort = () => worker.end(MeshError.cancelled());
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const opened = await worker.ask({ kind: 'open', bytes, weights }, [
      bytes.buffer,
      ...weights.map(({ data }) => data.buffer),
    ]);
    if (opened.kind !== 'opened') throw MeshError.closed('The model');
    return new WorkerSession(worker, opened);
  } catch (cause) {
    worker.end(MeshError.from(cause));
    throw cause;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
};

/** A run cannot be interrupted: one that is cancelled and goes on ends its worker. */
class WorkerSession implements OnnxSession {
  readonly backend = 'ort-wasm';
  readonly inputs: OnnxSession['inputs'];
  readonly outputs: OnnxSession['outputs'];
  readonly #worker: ModelWorker;

  constructor(worker: ModelWorker, { inputs, outputs }: Pick<OnnxSession, 'inputs' | 'outputs'>) {
    this.#worker = worker;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  get isEnded(): boolean {
    return this.#worker.isEnded;
  }

  release(): void {
    this.#worker.end(MeshError.closed('The model'));
  }

  async run(inputs: readonly NamedTensor[], signal?: AbortSignal): Promise<NamedTensor[]> {
    if (signal?.aborted) throw MeshError.cancelled();
    const done = new AbortController();
    let stopWaiting = () => {};
    const onCancel = () => {
      stopWaiting = systemClock.after(CANCELLED_RUN_MS, () => this.#worker.end(MeshError.cancelled()));
    };
    signal?.addEventListener('abort', onCancel, { once: true, signal: done.signal });
    try {
      const answer = await this.#worker.ask({ kind: 'run', inputs });
      return answer.kind === 'ran' ? answer.outputs : [];
    } finally {
      done.abort();
      stopWaiting();
    }
  }
}

/** A worker that answers one question at a time. */
class ModelWorker {
  readonly #worker = startModuleWorker(new URL(workerUrl, import.meta.url), 'P2C2R model');
  #waiting: Waiting | null = null;
  isEnded = false;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromModelWorker>) => this.#answered(data);
    this.#worker.onerror = ({ message }) =>
      this.end(
        new MeshError(
          'volunteer-failed',
          `The worker of a model ended (${message || 'its file could not be fetched'}). Try again.`,
        ),
      );
  }

  /** Throws what the worker throws, and `cancelled` once it was ended. */
  ask(question: ToModelWorker, moved: ArrayBuffer[] = []): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.isEnded) return reject(MeshError.cancelled());
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(question, moved);
    });
  }

  end(error: MeshError): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#worker.terminate();
    this.#waiting?.reject(error);
    this.#waiting = null;
  }

  #answered(answer: FromModelWorker): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (answer.kind !== 'failed') {
      waiting?.resolve(answer);
      return;
    }
    const error = MeshError.from(answer.error);
    waiting?.reject(error);
    if (answer.isBroken) this.end(error);
  }
}
