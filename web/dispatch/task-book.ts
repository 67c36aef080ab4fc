import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type AnyTaskDefinition, definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { TASKS } from '../../shared/tuning.ts';
import { randomId } from '../net/random-id.ts';
import type { Dispatcher } from './dispatcher.ts';
import { attachedBytes, type Job, type Where } from './job.ts';
import { KeptResults } from './results.ts';
import type { Timing } from './timing.ts';

export interface BookOptions {
  where: Where;
  priority?: number | undefined;
  /** Hard. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface BookedTask {
  readonly id: string;
  readonly type: string;
  readonly result: Promise<Record<string, unknown> & { timing: Timing }>;
  cancel(): void;
}

export interface BookCounts {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
}

type Ended = { ok: true; value: Record<string, unknown> & { timing: Timing } } | { ok: false; error: MeshError };

/**
 * Every task a client submitted, from its handle to its end: validation, hard timeouts, cancelling, and results kept for a while.
 * An input that is refused gives a handle as well, whose promise rejects: one place to look for errors.
 */
export class TaskBook {
  readonly counts: BookCounts = { submitted: 0, completed: 0, failed: 0, cancelled: 0 };
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #running = new Map<string, BookedTask>();
  readonly #kept: KeptResults;

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#kept = new KeptResults(() => clock.now());
  }

  /**
   * @param input - called at once; what it throws ends the task.
   * @param toResult - the last step of a result on its way to the caller.
   */
  submit(
    type: string,
    input: () => unknown,
    options: BookOptions,
    toResult: (value: unknown) => Record<string, unknown>,
  ): BookedTask {
    const id = randomId();
    this.counts.submitted++;
    let cancel = () => {};
    const result = new Promise<Record<string, unknown> & { timing: Timing }>((resolve, reject) => {
      cancel = this.#begin(
        id,
        type,
        input,
        options,
        (end) => {
          this.#running.delete(id);
          if (end.ok) resolve(end.value);
          else reject(end.error);
        },
        toResult,
      );
    });
    // A task nobody awaits must not raise an unhandled rejection; whoever awaits `result` still sees it.
    result.catch(() => {});
    const task = { id, type, result, cancel };
    if (!this.#kept.get(id)) this.#running.set(id, task);
    return task;
  }

  /** Throws MeshError `bad-input` for an id that is not known any more, `timeout`, or why the task failed. */
  async result(id: string, timeoutMs: number | undefined): Promise<unknown> {
    const kept = this.#kept.get(id);
    if (kept?.ok) return kept.value;
    if (kept) throw kept.error;
    const task = this.#running.get(id);
    if (!task) {
      const keptS = TASKS.resultKeptMs / 1000;
      throw MeshError.badInput(
        `There is no task with the id '${id}'. Results are kept for ${keptS} s after their end.`,
      );
    }
    if (timeoutMs === undefined) return task.result;
    let cancelTimer = () => {};
    const timeout = new Promise<never>((_, reject) => {
      cancelTimer = this.#clock.after(timeoutMs, () => reject(MeshError.timeout('The task', timeoutMs)));
    });
    return Promise.race([task.result, timeout]).finally(cancelTimer);
  }

  dispose(): void {
    this.#kept.clear();
  }

  /** Returns what cancels the task. */
  #begin(
    id: string,
    type: string,
    input: () => unknown,
    options: BookOptions,
    settle: (end: Ended) => void,
    toResult: (value: unknown) => Record<string, unknown>,
  ): () => void {
    const { timeoutMs, signal } = options;
    const cleanup = new AbortController();
    let cancelTimer = () => {};
    let isOver = false;
    const end = (outcome: Ended, sizeBytes: number) => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      cleanup.abort();
      this.#count(outcome);
      this.#kept.keep(id, outcome, sizeBytes);
      settle(outcome);
    };
    const refuse = (cause: unknown) => end({ ok: false, error: MeshError.from(cause, 'bad-input') }, 0);
    try {
      const job = this.#jobOf(id, type, input(), options);
      const abort = (error: MeshError) => {
        this.#dispatcher.abort(job, error);
      };
      if (signal?.aborted) throw MeshError.cancelled();
      this.#dispatcher.submit(job, (outcome) =>
        end(
          outcome.ok ? { ok: true, value: { ...toResult(outcome.value), timing: outcome.timing } } : outcome,
          outcome.ok ? job.bytesIn : 0,
        ),
      );
      signal?.addEventListener('abort', () => abort(MeshError.cancelled()), { signal: cleanup.signal });
      if (timeoutMs !== undefined)
        cancelTimer = this.#clock.after(timeoutMs, () => abort(this.#lateness(job, timeoutMs)));
      return () => abort(MeshError.cancelled());
    } catch (cause) {
      refuse(cause);
      return () => {};
    }
  }

  #jobOf(id: string, type: string, input: unknown, { where, priority = 0, timeoutMs }: BookOptions): Job {
    checkOptions(priority, timeoutMs);
    const definition = definitionOf(type);
    const packed = packInput(definition, input);
    const submittedMs = this.#clock.now();
    return {
      id,
      type,
      definition,
      packed,
      cost: definition.cost(packed.params),
      bytesOut: attachedBytes(packed.attachments),
      bytesIn: definition.resultBytes(packed.params),
      where,
      priority,
      submittedMs,
      deadlineMs: submittedMs + (timeoutMs ?? definition.firstDeadlineMs(packed.params)),
    };
  }

  #lateness(job: Job, timeoutMs: number): MeshError {
    if (job.where !== 'volunteers' || this.#dispatcher.wasAssigned(job))
      return MeshError.timeout('The task', timeoutMs);
    return new MeshError(
      'no-volunteer',
      `No volunteer was there to take the task within ${Math.round(timeoutMs)} ms. Invite one, or allow it to run locally.`,
    );
  }

  #count(outcome: Ended): void {
    if (outcome.ok) this.counts.completed++;
    else if (outcome.error.reason === 'cancelled') this.counts.cancelled++;
    else this.counts.failed++;
  }
}

function packInput(definition: AnyTaskDefinition, input: unknown): PackedTask {
  if (typeof input !== 'object' || input === null)
    throw MeshError.badInput(`A task of type '${definition.type}' wants an object.`);
  return definition.pack(input);
}

function checkOptions(priority: number, timeoutMs: number | undefined): void {
  if (!Number.isFinite(priority)) throw MeshError.badInput('A priority is a number; higher runs first.');
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw MeshError.badInput('A timeout is a number of milliseconds above 0.');
}
