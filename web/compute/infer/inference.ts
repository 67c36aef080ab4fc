import { concatBytes } from '../../../shared/bytes.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { ProgressListener } from '../../../shared/tasks/definition.ts';
import { INFER, sizeOfAll } from '../../../shared/tasks/infer/tensors.ts';
import type { InferParams } from '../../../shared/tasks/infer.ts';
import type { ExecutedTask } from '../engine-types.ts';
import type { RunInSlot } from '../network-selection.ts';
import type { NamedTensor, OnnxSession } from '../ort/onnx-sessions.ts';
import type { TimeSlot } from '../schedule.ts';
import { type LoadedModel, LoadedModelCache, type LoadedModelCacheOptions } from './loaded-model-cache.ts';
import { checkInputs } from './model-shape.ts';

/** How inference tasks are batched, and how often progress is reported. */
export const INFERENCE = {
  /** Input bytes of the tasks that run as one batch: more gains nothing and is another copy in memory. */
  maxMergedBytes: 4 * 1024 * 1024,
  maxMergedTasks: 64,
  /** Intended length of one run of several rows, ms: nothing can interrupt it, and frames and progress wait for its end. */
  runMs: 25,
  /** Interval of progress reports, ms: as often as a person can follow. */
  progressIntervalMs: 100,
} as const;

export interface InferenceOptions extends LoadedModelCacheOptions {
  now(): number;
}

/** A task that its definition has checked. */
export interface InferTask {
  params: InferParams;
  attachments: readonly Uint8Array[];
  /** The task was cancelled. */
  signal: AbortSignal;
  onProgress?: ProgressListener | undefined;
}

/** A task whose model is loaded and whose inputs fit the model. */
export interface ReadyTask {
  readonly task: InferTask;
  readonly model: LoadedModel;
  readonly session: OnnxSession;
  readonly inputs: readonly NamedTensor[];
  /** Equal for tasks that can run as one batch; null for a task that cannot. */
  readonly key: string | null;
  /** Releases the model, which is kept until then. */
  readonly release: () => void;
  /** Whether another task runs it in its batch. */
  isTaken: boolean;
  /** Set by the task that ran it in its batch. */
  result: ExecutedTask | null;
}

/** Rows in the first run of a model with unknown speed, and the largest growth from run to run. */
const FIRST_ROWS = 8;
const MAX_GROWTH = 8;

/**
 * Runs ONNX models on onnxruntime-web. A run cannot be interrupted, so a large batch runs some rows at a time. Waiting tasks for the same
 * model run as one batch in the time slot of whichever comes first: its owner pays for all, and the slots of the others are free.
 */
export class Inference {
  readonly #now: () => number;
  readonly #models: LoadedModelCache;
  readonly #waiting = new Set<ReadyTask>();

  constructor(options: InferenceOptions) {
    this.#now = options.now;
    this.#models = new LoadedModelCache(options);
  }

  /**
   * Loads and measures the model of a task, which may take seconds the first time and needs no time slot of the task. Call {@link execute}
   * or `release` after it.
   *
   * @param run - runs the measurement of the model in a time slot.
   *
   * Throws MeshError: `cancelled`; `unknown-model`; `bad-input` when the inputs do not fit the model; `connection-failed`, `malformed` when it cannot be
   * fetched; `volunteer-failed`, `device-lost`, `closed`.
   */
  async prepare(task: InferTask, run: RunInSlot): Promise<ReadyTask> {
    const { params, attachments, signal, onProgress } = task;
    const onShare = (share: number) => onProgress?.({ stage: 'loading', share });
    const model = await this.#models.get(params.model, onShare, signal);
    const release = model.hold();
    try {
      checkInputs(params.model, model.shape, params.inputs);
      const inputs = params.inputs.map((header, at) => ({ ...header, bytes: attachments[at] ?? new Uint8Array(0) }));
      const session = await model.session(inputs, run, this.#now);
      const isCut = params.rows ? params.rows === 'independent' : model.hasIndependentRows;
      const key = isCut ? rowKey(inputs) : null;
      return { task, model, session, inputs, key, release, isTaken: false, result: null };
    } catch (cause) {
      release();
      throw cause;
    }
  }

  /** @param run - runs the task in its time slot. Throws MeshError `volunteer-failed`, `too-large`, `device-lost`, `cancelled`. */
  async execute(ready: ReadyTask, run: RunInSlot): Promise<ExecutedTask> {
    this.#waiting.add(ready);
    try {
      return await run(async (slot) => {
        // Tasks that have just arrived can join the batch.
        if (!ready.result) await slot.yieldNow();
        while (ready.isTaken) await slot.yieldNow();
        const result = ready.result ?? (await this.#runWithOthers(ready, slot));
        return { isDone: true, finish: async () => result };
      });
    } finally {
      this.#waiting.delete(ready);
      ready.release();
    }
  }

  dispose(): void {
    this.#models.dispose();
  }

  async #runWithOthers(ready: ReadyTask, slot: TimeSlot): Promise<ExecutedTask> {
    const { session, inputs, key } = ready;
    if (key === null) {
      const startMs = this.#now();
      return executed(session, await session.run(inputs), this.#now() - startMs);
    }
    const group = this.#groupOf(ready, key);
    for (const member of group) {
      this.#waiting.delete(member);
      member.isTaken = member !== ready;
    }
    try {
      return await this.#runGroup(ready, group, slot);
    } finally {
      for (const member of group) member.isTaken = false;
    }
  }

  async #runGroup(ready: ReadyTask, group: readonly ReadyTask[], slot: TimeSlot): Promise<ExecutedTask> {
    const { session } = ready;
    const joined = joinRows(group.map((member) => member.inputs));
    const { outputs, computeMs } = await this.#runRows(ready, joined, group, slot);
    const rows = rowsOf(joined);
    let from = 0;
    for (const member of group) {
      const count = rowsOf(member.inputs);
      const own = takeRows(outputs, from, count).map((it) => ({ ...it, bytes: it.bytes.slice() }));
      member.result = executed(session, own, (computeMs * count) / rows);
      from += count;
    }
    return ready.result ?? executed(session, outputs, computeMs);
  }

  /** The task and the waiting ones that can run in its batch, within the limits. */
  #groupOf(ready: ReadyTask, key: string): ReadyTask[] {
    const group = [ready];
    let bytes = sizeOfAll(ready.task.params.inputs);
    for (const other of this.#waiting) {
      if (other === ready || other.session !== ready.session || other.key !== key) continue;
      bytes += sizeOfAll(other.task.params.inputs);
      if (group.length === INFERENCE.maxMergedTasks || bytes > INFERENCE.maxMergedBytes) break;
      group.push(other);
    }
    return group;
  }

  /** Runs some rows at a time, and between the runs yields and reports progress. */
  async #runRows(
    { model, session }: ReadyTask,
    inputs: readonly NamedTensor[],
    group: readonly ReadyTask[],
    slot: TimeSlot,
  ): Promise<{ outputs: NamedTensor[]; computeMs: number }> {
    const rows = rowsOf(inputs);
    const parts: NamedTensor[][] = [];
    let computeMs = 0;
    let reportedMs = this.#now();
    let maxRows = FIRST_ROWS;
    for (let done = 0; done < rows; ) {
      if (done > 0) {
        if (this.#now() - reportedMs >= INFERENCE.progressIntervalMs) {
          for (const { task } of group) task.onProgress?.({ stage: 'computing', share: done / rows });
          reportedMs = this.#now();
        }
        await slot.yieldNow();
      }
      const count = Math.min(rows - done, model.msPerRow === null ? maxRows : affordable(model.msPerRow, maxRows));
      const startMs = this.#now();
      parts.push(checked(await session.run(takeRows(inputs, done, count)), count));
      const ms = this.#now() - startMs;
      model.msPerRow = ms / count;
      maxRows = count * MAX_GROWTH;
      computeMs += ms;
      done += count;
    }
    return { outputs: joinRows(parts), computeMs };
  }
}

function affordable(msPerRow: number, maxRows: number): number {
  return Math.max(1, Math.min(maxRows, Math.floor(INFERENCE.runMs / msPerRow)));
}

/** Throws MeshError `volunteer-failed` for a model whose outputs contradict its own description. */
function checked(outputs: NamedTensor[], rows: number): NamedTensor[] {
  if (outputs.every(({ dims }) => dims[0] === rows)) return outputs;
  const message = `The model did not return a row for each of ${rows} rows, although its rows were said to be independent. Submit it with rows: 'joint'.`;
  throw new MeshError('volunteer-failed', message);
}

/** Throws MeshError `too-large` when the outputs exceed what a result may carry. */
function executed({ backend }: OnnxSession, outputs: readonly NamedTensor[], computeMs: number): ExecutedTask {
  const totalBytes = sizeOfAll(outputs);
  if (totalBytes > INFER.maxBytes) throw MeshError.tooLarge("The model's output", totalBytes, INFER.maxBytes);
  const headers = outputs.map(({ name, type, dims }) => ({ name, type, dims }));
  return { value: { outputs: headers }, attachments: outputs.map(({ bytes }) => bytes), backend, computeMs };
}

/** Rows of tensors whose first axis counts rows. */
export function rowsOf(tensors: readonly NamedTensor[]): number {
  return tensors[0]?.dims[0] ?? 0;
}

/**
 * Tasks with equal keys can run as one batch: same names, types, and sizes of all axes but the rows. Null for inputs that have no rows, or not all
 * as many.
 */
export function rowKey(tensors: readonly NamedTensor[]): string | null {
  const rows = rowsOf(tensors);
  if (rows === 0 || tensors.some(({ dims }) => dims[0] !== rows)) return null;
  return JSON.stringify([...tensors].sort(byName).map(({ name, type, dims }) => [name, type, ...dims.slice(1)]));
}

/** Concatenates rows. Every part has the same tensors, in any order. */
export function joinRows(parts: readonly (readonly NamedTensor[])[]): NamedTensor[] {
  const [first = [], ...others] = parts;
  if (others.length === 0) return [...first];
  return first.map((tensor) => {
    const same = parts.map((part) => part.find(({ name }) => name === tensor.name) ?? tensor);
    const rows = same.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
    return { ...tensor, dims: [rows, ...tensor.dims.slice(1)], bytes: concatBytes(same.map(({ bytes }) => bytes)) };
  });
}

/** `count` rows of each tensor from row `from` on, as views. */
export function takeRows(tensors: readonly NamedTensor[], from: number, count: number): NamedTensor[] {
  return tensors.map((tensor) => {
    const [rows = 1, ...others] = tensor.dims;
    const rowBytes = tensor.bytes.byteLength / rows;
    const bytes = tensor.bytes.subarray(from * rowBytes, (from + count) * rowBytes);
    return { ...tensor, dims: [count, ...others], bytes };
  });
}

function byName(a: NamedTensor, b: NamedTensor): number {
  return a.name < b.name ? -1 : 1;
}
