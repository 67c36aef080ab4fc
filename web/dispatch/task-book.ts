import { totalBytes } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type AnyTaskDefinition, definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { TASKS } from '../../shared/tuning.ts';
import { checkWhere, type Where } from '../../shared/where.ts';
import { randomId } from '../net/random-id.ts';
import type { Dispatcher, JobEnd } from './dispatcher.ts';
import type { Job } from './job.ts';
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
export class TaskBook {
  readonly counts: BookCounts = { submitted: 0, completed: 0, failed: 0, cancelled: 0 };
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #running = new Map<string, Promise<Result>>();
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
    let job: Job | null = null;
    const result = new Promise<JobEnd>((resolve) => {
      try {
        job = this.#jobOf(id, type, input(), options);
        this.#start(job, options, resolve);
      } catch (cause) {
        resolve({ ok: false, error: MeshError.from(cause, 'bad-input') });
      }
    }).then((end) => this.#settle(id, end, toResult, job?.bytesIn ?? 0));
    this.#running.set(id, result);
    // A task nobody awaits must not raise an unhandled rejection; whoever awaits `result` still sees it.
    result.catch(() => {});
    return { id, type, result, cancel: () => job && this.#dispatcher.abort(job, MeshError.cancelled()) };
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

  /** Hands the job over, and ends it when its time is up or its signal says so. Throws MeshError `queue-full`, `cancelled`. */
  #start(job: Job, { timeoutMs, signal }: BookOptions, onEnd: (end: JobEnd) => void): void {
    if (signal?.aborted) throw MeshError.cancelled();
    const ended = new AbortController();
    this.#dispatcher.submit(job, (end) => {
      ended.abort();
      onEnd(end);
    });
    signal?.addEventListener('abort', () => this.#dispatcher.abort(job, MeshError.cancelled()), {
      signal: ended.signal,
    });
    if (timeoutMs === undefined) return;
    const cancelTimer = this.#clock.after(timeoutMs, () => this.#dispatcher.abort(job, this.#lateness(job, timeoutMs)));
    ended.signal.addEventListener('abort', cancelTimer);
  }

  #settle(id: string, end: JobEnd, toResult: (value: unknown) => Record<string, unknown>, sizeBytes: number): Result {
    this.#running.delete(id);
    if (!end.ok) {
      if (end.error.reason === 'cancelled') this.counts.cancelled++;
      else this.counts.failed++;
      this.#kept.keep(id, end, 0);
      throw end.error;
    }
    const value = { ...toResult(end.value), timing: end.timing };
    this.counts.completed++;
    this.#kept.keep(id, { ok: true, value }, sizeBytes);
    return value;
  }

  #jobOf(id: string, type: string, input: unknown, { where, priority = 0, timeoutMs }: BookOptions): Job {
    checkWhere(where);
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
      bytesOut: totalBytes(packed.attachments),
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
