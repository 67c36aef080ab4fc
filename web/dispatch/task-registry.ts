import { randomId } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type AnyTaskDefinition, definitionOf } from '../../shared/tasks/catalogue.ts';
import { checkWhere, type PackedTask, type ProgressListener, type Where } from '../../shared/tasks/definition.ts';
import { describeTask, type Job } from './job.ts';
import { KeptResults } from './results.ts';
import type { Claim, TaskDeduplicator, WorkEnd } from './task-deduplicator.ts';
import type { Timing } from './timing.ts';
import { TASKS } from './tuning.ts';

export interface BookOptions {
  where: Where;
  priority?: number | undefined;
  /** Hard. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** False: run it even if its result is known. */
  cache?: boolean | undefined;
  /** Of a task that takes long; called later, so that what it throws is its own matter. */
  onProgress?: ProgressListener | undefined;
}

export interface BookedTask {
  readonly id: string;
  readonly type: string;
  readonly result: Promise<Result>;
  cancel(): void;
}

export interface BookCounts {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
}

type Result = Record<string, unknown> & { timing: Timing };

/**
 * Every task a client submitted, from its handle to its end: validation, hard timeouts, cancelling, and results kept for a while.
 * An input that is refused gives a handle as well, whose promise rejects: one place to look for errors.
 */
export class TaskRegistry {
  readonly counts: BookCounts = { submitted: 0, completed: 0, failed: 0, cancelled: 0 };
  readonly #work: TaskDeduplicator;
  readonly #clock: Clock;
  readonly #running = new Map<string, Promise<Result>>();
  readonly #kept: KeptResults;
  /** Ids of one client are told apart by a number, and those of several by this. */
  readonly #idPrefix = randomId();

  constructor(work: TaskDeduplicator, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
    this.#kept = new KeptResults(clock);
  }

  /** Tasks that have not ended. */
  get running(): number {
    return this.#running.size;
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
    const id = `${this.#idPrefix}-${this.counts.submitted++}`;
    let claim: Claim | null = null;
    let sizeBytes = 0;
    const result = new Promise<WorkEnd>((resolve) => {
      try {
        const job = this.#jobOf(type, input(), options);
        sizeBytes = job.bytesIn;
        claim = this.#start(job, options, resolve);
      } catch (cause) {
        resolve({ ok: false, error: MeshError.from(cause, 'bad-input') });
      }
    }).then((end) => this.#settle(id, end, toResult, sizeBytes));
    this.#running.set(id, result);
    // A task nobody awaits must not raise an unhandled rejection; whoever awaits `result` still sees it.
    result.catch(() => {});
    return { id, type, result, cancel: () => claim?.withdraw(MeshError.cancelled()) };
  }

  /** Throws MeshError `bad-input` for an id that is not known any more, `timeout`, or why the task failed. */
  async result(id: string, timeoutMs: number | undefined): Promise<unknown> {
    const kept = this.#kept.get(id);
    if (kept?.ok) return kept.value;
    if (kept) throw kept.error;
    const running = this.#running.get(id);
    if (!running) {
      const keptS = TASKS.resultKeptMs / 1000;
      throw MeshError.badInput(
        `There is no task with the id '${id}'. Results are kept for ${keptS} s after their end.`,
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

  /** Hands the job over, and ends it when its time is up or its signal says so. Throws MeshError `queue-full`, `cancelled`, `timeout`. */
  #start(job: Job, { timeoutMs, signal, cache = true }: BookOptions, onEnd: (end: WorkEnd) => void): Claim {
    if (signal?.aborted) throw MeshError.cancelled();
    if (timeoutMs !== undefined && timeoutMs <= 0) throw MeshError.timeout('The task', timeoutMs);
    let stopWatching = () => {};
    const claim = this.#work.submit(job, cache, (end) => {
      stopWatching();
      onEnd(end);
    });
    if (timeoutMs === undefined && !signal) return claim;

    const onAbort = () => claim.withdraw(MeshError.cancelled());
    signal?.addEventListener('abort', onAbort);
    const cancelTimer =
      timeoutMs === undefined
        ? () => {}
        : this.#clock.after(timeoutMs, () => claim.withdraw(lateness(job, claim.wasStarted, timeoutMs)));
    stopWatching = () => {
      signal?.removeEventListener('abort', onAbort);
      cancelTimer();
    };
    return claim;
  }

  #settle(id: string, end: WorkEnd, toResult: (value: unknown) => Record<string, unknown>, sizeBytes: number): Result {
    this.#running.delete(id);
    if (!end.ok) {
      if (end.error.reason === 'cancelled') this.counts.cancelled++;
      else this.counts.failed++;
      this.#kept.keep(id, end, ENTRY_BYTES);
      throw end.error;
    }
    const value = { ...toResult(end.value), timing: end.timing };
    this.counts.completed++;
    this.#kept.keep(id, { ok: true, value }, sizeBytes + ENTRY_BYTES);
    return value;
  }

  #jobOf(type: string, input: unknown, { where, priority = 0, timeoutMs, onProgress }: BookOptions): Job {
    checkWhere(where);
    checkOptions(priority, timeoutMs);
    const definition = definitionOf(type);
    const task = describeTask(definition, packInput(definition, input));
    const submittedMs = this.#clock.now();
    return {
      ...task,
      ...{ where, priority, submittedMs },
      deadlineMs: submittedMs + (timeoutMs ?? task.firstDeadlineMs),
      ...(onProgress && { onProgress: (progress) => queueMicrotask(() => onProgress(progress)) }),
    };
  }
}

/** A result without bulk is not free either. */
const ENTRY_BYTES = 512;

function packInput(definition: AnyTaskDefinition, input: unknown): PackedTask {
  if (typeof input !== 'object' || input === null)
    throw MeshError.badInput(`A task of type '${definition.type}' wants an object.`);
  return definition.pack(input);
}

function checkOptions(priority: number, timeoutMs: number | undefined): void {
  if (!Number.isFinite(priority)) throw MeshError.badInput('A priority is a number; higher runs first.');
  if (timeoutMs !== undefined && Number.isNaN(timeoutMs))
    throw MeshError.badInput('A timeout is a number of milliseconds.');
}

function lateness({ where }: Job, wasStarted: boolean, timeoutMs: number): MeshError {
  if (where !== 'volunteers' || wasStarted) return MeshError.timeout('The task', timeoutMs);
  return new MeshError(
    'no-volunteer',
    `No volunteer was there to take the task within ${Math.round(timeoutMs)} ms. Invite one, or allow it to run locally.`,
  );
}
