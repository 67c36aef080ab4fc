import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { ProgressListener } from '../../../shared/tasks/definition.ts';
import { headersSchema, INFER, sizeOfAll } from '../../../shared/tasks/infer/tensors.ts';
import type { InferParams } from '../../../shared/tasks/infer.ts';
import type { ExecutedTask } from '../engine-types.ts';
import { PROGRESS_INTERVAL_MS } from '../models/model-source.ts';
import type { NamedTensor, OnnxSession } from '../ort/onnx-sessions.ts';
import type { RunInTaskSlot, TaskSlot } from '../schedule.ts';
import type { LoadedModel, TimedOutputs } from './loaded-model.ts';
import type { LoadedModelCache } from './loaded-model-cache.ts';
import { waitForRun } from './long-runs.ts';
import { checkInputs } from './model-shape.ts';
import { joinRows, rowKey, rowsOf, takeRows } from './rows.ts';

/** How inference tasks are batched, and how often progress is reported. */
export const INFERENCE = {
  /** Input bytes of the tasks that run as one batch: more gains nothing and is another copy in memory. */
  maxMergedBytes: 4 * 1024 * 1024,
  maxMergedTasks: 64,
  /** Intended length of one run of several rows, ms: nothing can interrupt it, and progress waits for its end. */
  runMs: 25,
} as const;

export interface InferenceOptions {
  /** Not owned. */
  models: LoadedModelCache;
  now(): number;
  /** As {@link Clock.after}. */
  after: Clock['after'];
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
  /** Ends when the other task that runs it in its batch has; null where none does. */
  taken: Promise<void> | null;
  /** Set by the task that ran it in its batch. */
  result: ExecutedTask | null;
}

/** Rows in the first run of a model with unknown speed, and the largest growth from run to run. */
const FIRST_ROWS = 8;
const MAX_GROWTH = 8;

/**
 * Runs ONNX models on onnxruntime-web. A run cannot be interrupted, so a large batch runs some rows at a time, and others have the machine during a long run. Waiting tasks for the same
 * model run as one batch in the time slot of whichever comes first: its owner pays for all, and the slots of the others are free.
 */
export class Inference {
  readonly #options: InferenceOptions;
  readonly #models: LoadedModelCache;
  readonly #waiting = new Set<ReadyTask>();
  /** Those of which a batch has failed, perhaps because of them: each runs by itself, also after the model had to be loaded again. */
  readonly #alone = new WeakSet<InferTask>();

  constructor(options: InferenceOptions) {
    this.#options = options;
    this.#models = options.models;
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
  async prepare(task: InferTask, run: RunInTaskSlot): Promise<ReadyTask> {
    const { params, attachments, signal, onProgress } = task;
    const onShare = (share: number) => onProgress?.({ stage: 'loading', share });
    const plain = await this.#models.get(params.model, [], onShare, signal);
    checkInputs(params.model, plain.shape, params.inputs);
    const given = plain.shape.optional.filter(({ name }) => params.inputs.some((input) => input.name === name));
    const names = given.map(({ name }) => name);
    const model = given.length > 0 ? await this.#models.get(params.model, names, onShare, signal) : plain;
    const release = model.hold();
    try {
      const inputs = params.inputs.map((header, at) => ({ ...header, bytes: attachments[at] ?? new Uint8Array(0) }));
      const session = await model.session(inputs, run, this.#options, signal);
      const isIndependent = params.rows ? params.rows === 'independent' : model.hasIndependentRows;
      const isCut = isIndependent && !model.shape.givesTexts;
      const key = isCut ? rowKey(inputs) : null;
      return { task, model, session, inputs, key, release, taken: null, result: null };
    } catch (cause) {
      release();
      throw cause;
    }
  }

  /**
   * @param run - runs the task in its time slot.
   *
   * Throws MeshError `volunteer-failed`, `bad-input`, `unknown-model`, `too-large`, `device-lost`, `cancelled`.
   */
  async execute(ready: ReadyTask, run: RunInTaskSlot): Promise<ExecutedTask> {
    this.#waiting.add(ready);
    try {
      return await run(async (slot) => {
        // Tasks that have just arrived can join the batch.
        if (!ready.result && !ready.taken) await slot.yieldNow();
        while (ready.taken) await slot.leave(ready.taken);
        const result = ready.result ?? (await this.#runWithOthers(ready, slot));
        return { isDone: true, finish: async () => result };
      });
    } finally {
      this.#waiting.delete(ready);
      ready.release();
    }
  }

  async #runWithOthers(ready: ReadyTask, slot: TaskSlot): Promise<ExecutedTask> {
    const { inputs, key, task } = ready;
    if (key === null) {
      const { outputs, ms } = await this.#run(ready, inputs, slot, task.signal, (share) => tell([ready], share));
      return executed(ready, outputs, ms);
    }
    const group = this.#groupOf(ready, key);
    const others = group.filter((member) => member !== ready);
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    for (const member of group) this.#waiting.delete(member);
    for (const member of others) member.taken = over;
    try {
      return await this.#runGroup(ready, group, slot);
    } catch (cause) {
      if (others.length === 0 || task.signal.aborted) throw cause;
      // The rows of one gamer must not fail the tasks of the others: whose they were shows when each runs by itself.
      for (const member of group) this.#alone.add(member.task);
    } finally {
      for (const member of others) member.taken = null;
      end();
    }
    return ready.result ?? this.#runGroup(ready, [ready], slot);
  }

  async #runGroup(ready: ReadyTask, group: readonly ReadyTask[], slot: TaskSlot): Promise<ExecutedTask> {
    const joined = joinRows(group.map((member) => member.inputs));
    const { outputs, computeMs } = await this.#runRows(ready, joined, group, slot);
    const rows = rowsOf(joined);
    let from = 0;
    for (const member of group) {
      const count = rowsOf(member.inputs);
      const own = takeRows(outputs, from, count).map((it) => ({ ...it, bytes: it.bytes.slice() }));
      member.result = executed(ready, own, (computeMs * count) / rows);
      from += count;
    }
    return ready.result ?? executed(ready, outputs, computeMs);
  }

  /** The task and the waiting ones that can run in its batch, within the limits. */
  #groupOf(ready: ReadyTask, key: string): ReadyTask[] {
    const group = [ready];
    if (this.#alone.has(ready.task)) return group;
    let bytes = sizeOfAll(ready.task.params.inputs);
    for (const other of this.#waiting) {
      const isSame = other.session === ready.session && other.key === key;
      if (other === ready || !isSame || this.#alone.has(other.task)) continue;
      bytes += sizeOfAll(other.task.params.inputs);
      if (group.length === INFERENCE.maxMergedTasks || bytes > INFERENCE.maxMergedBytes) break;
      group.push(other);
    }
    return group;
  }

  /** Runs some rows at a time, and between the runs yields and reports progress. */
  async #runRows(
    ready: ReadyTask,
    inputs: readonly NamedTensor[],
    group: readonly ReadyTask[],
    slot: TaskSlot,
  ): Promise<{ outputs: NamedTensor[]; computeMs: number }> {
    const { now } = this.#options;
    const { model } = ready;
    const rows = rowsOf(inputs);
    const signal = whenAllAbort(group.map(({ task }) => task.signal));
    const parts: NamedTensor[][] = [];
    let computeMs = 0;
    let reportedMs = now();
    let maxRows = FIRST_ROWS;
    for (let done = 0; done < rows; ) {
      if (done > 0) {
        if (now() - reportedMs >= PROGRESS_INTERVAL_MS) {
          tell(group, done / rows);
          reportedMs = now();
        }
        await slot.yieldNow();
      }
      const { msPerRow } = model;
      const count = Math.min(rows - done, msPerRow === null ? maxRows : affordable(msPerRow, maxRows));
      const part = takeRows(inputs, done, count);
      const { outputs, ms } = await this.#run(ready, part, slot, signal, (share) =>
        tell(group, (done + share * count) / rows),
      );
      parts.push(checked(outputs, count));
      model.msPerRow = ms / count;
      maxRows = count * MAX_GROWTH;
      computeMs += ms;
      done += count;
    }
    return { outputs: joinRows(parts), computeMs };
  }

  /** One run, during which others go on if it takes long. */
  #run(
    { model, key }: ReadyTask,
    inputs: readonly NamedTensor[],
    slot: TaskSlot,
    signal: AbortSignal,
    onShare: (share: number) => void,
  ): Promise<TimedOutputs> {
    const expectedMs = key === null ? model.msPerRun : model.msPerRow && model.msPerRow * rowsOf(inputs);
    const run = model.run(inputs, signal, this.#options.now);
    return waitForRun(run, { ...this.#options, slot, expectedMs, onShare });
  }
}

function tell(tasks: readonly ReadyTask[], share: number): void {
  for (const { task } of tasks) task.onProgress?.({ stage: 'computing', share });
}

/** Aborts once all of them have. */
function whenAllAbort(signals: readonly AbortSignal[]): AbortSignal {
  const [only, ...others] = signals;
  if (only && others.length === 0) return only;
  const all = new AbortController();
  let left = signals.length;
  const oneLess = () => {
    if (--left === 0) all.abort();
  };
  for (const signal of signals) {
    if (signal.aborted) oneLess();
    else signal.addEventListener('abort', oneLess, { once: true });
  }
  return all.signal;
}

function affordable(msPerRow: number, maxRows: number): number {
  return Math.max(1, Math.min(maxRows, Math.floor(INFERENCE.runMs / msPerRow)));
}

/** Throws MeshError `unknown-model` for a model whose outputs contradict what it or its task says of it, which is no volunteer's fault. */
function checked(outputs: NamedTensor[], rows: number): NamedTensor[] {
  if (outputs.every(({ dims }) => dims[0] === rows)) return outputs;
  const message = `The model did not return a row for each of ${rows} rows, although its rows were said to be independent. Submit it with rows: 'joint'.`;
  throw new MeshError('unknown-model', message);
}

const UNCARRIED = `The model's outputs are more than a result carries: at most ${INFER.maxElements} elements, of which ${INFER.maxTexts} texts, with ${INFER.maxRank} axes each. Give it smaller inputs, or use another model.`;

/** Throws MeshError `too-large` for outputs that a gamer would refuse as malformed, and blame on the volunteer. */
function executed(
  { session: { backend }, model: { varies } }: ReadyTask,
  outputs: readonly NamedTensor[],
  computeMs: number,
): ExecutedTask {
  const totalBytes = sizeOfAll(outputs);
  if (totalBytes > INFER.maxBytes) throw MeshError.tooLarge("The model's output", totalBytes, INFER.maxBytes);
  const headers = outputs.map(({ bytes: _, ...header }) => header);
  if (!headersSchema.safeParse(headers).success) throw new MeshError('too-large', UNCARRIED);
  return {
    value: { outputs: headers, ...(varies && { varies }) },
    attachments: outputs.map(({ bytes }) => bytes),
    backend,
    computeMs,
  };
}
