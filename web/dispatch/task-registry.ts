import { randomId } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type AnyTaskDefinition, definitionOf } from '../../shared/tasks/catalogue.ts';
import { checkWhere, type PackedTask, type ProgressListener, type Where } from '../../shared/tasks/definition.ts';
import { AnswerStream } from './answer-stream.ts';
import { ENDED_TASK_LIMITS, EndedTaskOutcomes } from './ended-task-outcomes.ts';
import {
  cancelledTiming,
  describeTask,
  type FinalOutcome,
  type Job,
  type SessionStep,
  type TaskResult,
  type Timing,
} from './job.ts';
import type { OnTaskEnd, TaskDeduplicator, TaskHandle } from './task-deduplicator.ts';

export interface SubmitOptions {
  where: Where;
  priority?: number | undefined;
  /** The task fails when this time has passed. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** False: run the task even if its result is known. */
  cache?: boolean | undefined;
  /** Called in a microtask of its own, so that its exceptions affect nothing else. */
  onProgress?: ProgressListener | undefined;
  /** As onProgress: the tokens of an answer. */
  onToken?: ((token: string) => void) | undefined;
  /** Called after `input`: the call of a session that the task is. */
  session?: (() => SessionStep | undefined) | undefined;
}

export interface SubmittedTask {
  readonly id: string;
  readonly type: string;
  readonly result: Promise<Result>;
  cancel(): void;
}

export interface TaskCounts {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
}

type Result = Record<string, unknown> & { timing: Timing };
type ToResult = (value: unknown, timing: Timing) => Record<string, unknown>;

/**
 * All tasks a client submitted, each from its submission to its end: validation, timeouts, cancelling, and results by id. An invalid
 * input also gives a handle, whose promise rejects: errors come from one place.
 */
export class TaskRegistry {
  readonly counts: TaskCounts = { submitted: 0, completed: 0, failed: 0, cancelled: 0 };
  readonly #deduplicator: TaskDeduplicator;
  readonly #clock: Clock;
  readonly #running = new Map<string, Promise<Result>>();
  readonly #kept: EndedTaskOutcomes;
  /** Makes ids unique among several clients. */
  readonly #idPrefix = randomId();

  constructor(deduplicator: TaskDeduplicator, clock: Clock) {
    this.#deduplicator = deduplicator;
    this.#clock = clock;
    this.#kept = new EndedTaskOutcomes(clock);
  }

  /** Tasks that have not ended. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * @param input - called before this returns. If it throws, the task fails.
   * @param toResult - converts the result for the caller.
   */
  submit(type: string, input: () => unknown, options: SubmitOptions, toResult: ToResult): SubmittedTask {
    const id = `${this.#idPrefix}-${this.counts.submitted++}`;
    let handle: TaskHandle | null = null;
    let job: Job | null = null;
    const result = new Promise<FinalOutcome<TaskResult>>((resolve) => {
      try {
        job = this.#jobOf(type, input(), options);
        handle = this.#start(job, options, resolve);
      } catch (cause) {
        resolve({ kind: 'failed', error: MeshError.from(cause, 'bad-input') });
      }
    }).then((outcome) => this.#settle(id, outcome, job && this.#partialOf(job, outcome), toResult));
    this.#running.set(id, result);
    // A task that nobody awaits must not cause an unhandled rejection; code that awaits `result` still gets the error.
    result.catch(() => {});
    return { id, type, result, cancel: () => handle?.abort(MeshError.cancelled()) };
  }

  /**
   * Awaits a task by its id. A timeout ends the waiting, not the task. Throws MeshError `bad-input` for an unknown or forgotten id,
   * `timeout`, or the error the task failed with.
   */
  async result(id: string, timeoutMs: number | undefined): Promise<unknown> {
    const kept = this.#kept.get(id);
    if (kept?.kind === 'done') return kept.result;
    if (kept) throw kept.error;
    const running = this.#running.get(id);
    if (!running) {
      const keptS = ENDED_TASK_LIMITS.keptMs / 1000;
      throw MeshError.badInput(
        `There is no task with the id '${id}'. Results are kept for ${keptS} s after their tasks end.`,
      );
    }
    if (timeoutMs === undefined) return running;
    let cancelTimer = () => {};
    const timeout = new Promise<never>((_, reject) => {
      cancelTimer = this.#clock.after(timeoutMs, () => reject(MeshError.timeout('The task', timeoutMs)));
    });
    return Promise.race([running, timeout]).finally(cancelTimer);
  }

  dispose(): void {
    this.#kept.clear();
  }

  /** Submits a job that ends at its timeout and when its signal fires. Throws MeshError `queue-full`, `closed`, `cancelled`, `timeout`. */
  #start(job: Job, { timeoutMs, signal, cache = true }: SubmitOptions, onEnd: OnTaskEnd): TaskHandle {
    if (signal?.aborted) throw MeshError.cancelled();
    if (timeoutMs !== undefined && timeoutMs <= 0) throw MeshError.timeout('The task', timeoutMs);
    let stopWatching = () => {};
    const handle = this.#deduplicator.submit(job, cache, (outcome) => {
      stopWatching();
      onEnd(outcome);
    });
    if (timeoutMs === undefined && !signal) return handle;

    const onAbort = () => handle.abort(MeshError.cancelled());
    signal?.addEventListener('abort', onAbort);
    const cancelTimer =
      timeoutMs === undefined
        ? () => {}
        : this.#clock.after(timeoutMs, () => handle.abort(timeoutError(job, handle.wasStarted, timeoutMs)));
    stopWatching = () => {
      signal?.removeEventListener('abort', onAbort);
      cancelTimer();
    };
    return handle;
  }

  /** Who cancels an answer gets what was said of it; null where nothing was, or the task ended otherwise. */
  #partialOf({ answerStream, submittedMs }: Job, outcome: FinalOutcome<TaskResult>): TaskResult | null {
    answerStream?.end();
    const partial = outcome.kind === 'failed' && outcome.error.reason === 'cancelled' ? answerStream?.partial : null;
    return partial ? { value: partial.value, timing: cancelledTiming(this.#clock.now() - submittedMs, partial) } : null;
  }

  #settle(id: string, outcome: FinalOutcome<TaskResult>, partial: TaskResult | null, toResult: ToResult): Result {
    this.#running.delete(id);
    const settled = converted(partial ? { kind: 'done', result: partial } : outcome, toResult);
    const { counts } = this;
    if (settled.kind === 'failed' && settled.error.reason !== 'cancelled') counts.failed++;
    else if (outcome.kind === 'done') counts.completed++;
    else counts.cancelled++;
    this.#kept.keep(id, settled);
    if (settled.kind === 'failed') throw settled.error;
    return settled.result;
  }

  #jobOf(type: string, input: unknown, options: SubmitOptions): Job {
    const { where, priority = 0, timeoutMs, onProgress, session } = options;
    checkWhere(where);
    checkOptions(priority, timeoutMs);
    const definition = definitionOf(type);
    const task = describeTask(definition, packInput(definition, input));
    const submittedMs = this.#clock.now();
    return {
      ...task,
      where,
      priority,
      submittedMs,
      deadlineMs: submittedMs + (timeoutMs ?? task.firstDeadlineMs),
      ...(onProgress && { onProgress: (progress) => queueMicrotask(() => onProgress(progress)) }),
      ...streamedAnswer(task, options),
      session: session?.(),
    };
  }
}

/** A result as its caller gets it, which may turn out to be impossible only here: of a session that goes on from nothing. */
function converted(outcome: FinalOutcome<TaskResult>, toResult: ToResult): FinalOutcome<Result> {
  if (outcome.kind === 'failed') return outcome;
  const { value, timing } = outcome.result;
  try {
    return { kind: 'done', result: { ...toResult(value, timing), timing } };
  } catch (cause) {
    return { kind: 'failed', error: MeshError.from(cause, 'bad-input') };
  }
}

function packInput(definition: AnyTaskDefinition, input: unknown): PackedTask {
  if (typeof input !== 'object' || input === null)
    throw MeshError.badInput(`The input of a task of type '${definition.type}' must be an object.`);
  return definition.pack(input);
}

/** What a job has more whose result arrives token by token. */
function streamedAnswer({ definition, packed }: Pick<Job, 'definition' | 'packed'>, { onToken }: SubmitOptions) {
  const { tokenStreaming } = definition;
  if (!tokenStreaming) return {};
  const tell = (text: string) => queueMicrotask(() => onToken?.(text));
  return {
    answerStream: new AnswerStream(tokenStreaming, packed, tell),
    conversation: tokenStreaming.conversation(packed.params),
  };
}

function checkOptions(priority: number, timeoutMs: number | undefined): void {
  if (!Number.isFinite(priority)) throw MeshError.badInput('A priority must be a finite number; higher runs first.');
  if (timeoutMs !== undefined && Number.isNaN(timeoutMs))
    throw MeshError.badInput('A timeout must be a number of milliseconds.');
}

function timeoutError({ where }: Job, wasStarted: boolean, timeoutMs: number): MeshError {
  if (where !== 'volunteers' || wasStarted) return MeshError.timeout('The task', timeoutMs);
  return new MeshError(
    'no-volunteer',
    `No volunteer took the task within ${Math.round(timeoutMs)} ms. Invite one, or allow the task to run locally.`,
  );
}
