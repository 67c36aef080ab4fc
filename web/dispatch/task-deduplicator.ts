import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, ProgressListener } from '../../shared/tasks/definition.ts';
import type { Dispatcher } from './dispatcher.ts';
import { cachedTiming, type FinalOutcome, type Job, type JobHandle, type JobResult, type TaskResult } from './job.ts';
import { JobSplitter } from './job-splitter.ts';
import { copyResult, ResultCache, taskKey } from './result-cache.ts';

export type OnTaskEnd = (outcome: FinalOutcome<TaskResult>) => void;

/** One caller's interest in a run. `abort` ends it for this caller; a run nobody is interested in any more is aborted. */
export type TaskHandle = Pick<JobHandle, 'wasStarted' | 'abort'>;

interface Caller {
  readonly job: Job;
  readonly onEnd: OnTaskEnd;
}

/** A job under way and everybody who waits for its result. */
interface SharedRun {
  readonly job: Job;
  readonly handle: JobHandle;
  readonly callers: Set<Caller>;
  readonly progressListeners: Set<ProgressListener>;
}

/** Runs equal tasks once: recent results come from the cache, and equal tasks under way share one run. */
export class TaskDeduplicator {
  readonly #dispatcher: Dispatcher;
  readonly #splitter: JobSplitter;
  readonly #clock: Clock;
  readonly #cache = new ResultCache();
  /** By `where` and key: a task that must run locally cannot wait for a run on volunteers. */
  readonly #underWay = new Map<string, SharedRun>();
  /** Tasks whose key is being computed: what ends each of them. */
  readonly #awaitingKey = new Set<(error: MeshError) => void>();
  #hits = 0;

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#splitter = new JobSplitter(dispatcher, clock);
    this.#clock = clock;
  }

  /** Tasks whose result came from the cache or from the run of an equal task. */
  get hits(): number {
    return this.#hits;
  }

  /** Tasks whose key is still being computed. */
  get awaitingKey(): number {
    return this.#awaitingKey.size;
  }

  /**
   * `onEnd` is called once: later, or by the handle's `abort`. Throws MeshError `queue-full`, `closed`.
   *
   * @param mayShare - false: run the task even if its result is known.
   */
  submit(job: Job, mayShare: boolean, onEnd: OnTaskEnd): TaskHandle {
    // No state comes twice, and hashing one takes longer than many models.
    const isShared = mayShare && job.definition.cacheable && !job.session;
    if (!isShared) return this.#splitter.submit(job, onEnd);
    const key = taskKey(job.type, job.packed);
    if (typeof key === 'string') return this.#submitWithKey(key, job, onEnd);
    return this.#submitAwaitingKey(key, job, onEnd);
  }

  /** Forgets the results of a volunteer that is no longer trusted. Parts of jobs under way that it computed are run again. */
  evictByVolunteer(volunteerId: string): void {
    this.#cache.evictByVolunteer(volunteerId);
    this.#splitter.evictByVolunteer(volunteerId);
  }

  dispose(error: MeshError): void {
    for (const end of [...this.#awaitingKey]) end(error);
    this.#cache.clear();
  }

  /** Submits the task once its key is known. Meanwhile it takes up space in the queue. */
  #submitAwaitingKey(awaitedKey: Promise<string>, job: Job, onEnd: OnTaskEnd): TaskHandle {
    const release = this.#dispatcher.reserve(job);
    let handle: TaskHandle | null = null;
    let isOver = false;
    const end = (error: MeshError) => {
      if (isOver) return;
      isOver = true;
      this.#awaitingKey.delete(end);
      release();
      onEnd({ kind: 'failed', error });
    };
    const submit = (how: () => TaskHandle) => {
      if (isOver) return;
      this.#awaitingKey.delete(end);
      release();
      try {
        handle = how();
      } catch (cause) {
        isOver = true;
        onEnd({ kind: 'failed', error: MeshError.from(cause) });
      }
    };
    this.#awaitingKey.add(end);
    awaitedKey.then(
      (key) => submit(() => this.#submitWithKey(key, job, onEnd)),
      // Without a key the task can still run, only not be shared.
      () => submit(() => this.#splitter.submit(job, onEnd)),
    );
    return {
      get wasStarted() {
        return handle?.wasStarted ?? false;
      },
      abort: (error) => (handle ? handle.abort(error) : end(error)),
    };
  }

  #submitWithKey(key: string, job: Job, onEnd: OnTaskEnd): TaskHandle {
    const cached = this.#cache.get(key, job.where === 'local');
    if (!cached) return this.#join(key, { job, onEnd });
    this.#hits++;
    let isOver = false;
    const settle = (outcome: () => FinalOutcome<TaskResult>) => {
      if (!isOver) onEnd(outcome());
      isOver = true;
    };
    queueMicrotask(() =>
      settle(() => {
        const value = unpacked(job, cached, true);
        return { kind: 'done', result: { value, timing: this.#cachedTiming(job) } };
      }),
    );
    return { wasStarted: true, abort: (error) => settle(() => ({ kind: 'failed', error })) };
  }

  /** Joins the run of an equal task, or starts one. */
  #join(key: string, caller: Caller): TaskHandle {
    const runKey = `${caller.job.where} ${key}`;
    const { onProgress, priority } = caller.job;
    const run = this.#underWay.get(runKey) ?? this.#begin(key, runKey, caller.job);
    if (onProgress) addProgressListener(run, onProgress);
    run.callers.add(caller);
    run.handle.raisePriority(priority);
    return {
      get wasStarted() {
        return run.handle.wasStarted;
      },
      abort(error) {
        if (!run.callers.delete(caller)) return;
        if (onProgress) run.progressListeners.delete(onProgress);
        caller.onEnd({ kind: 'failed', error });
        if (run.callers.size === 0) run.handle.abort(error);
      },
    };
  }

  #begin(key: string, runKey: string, job: Job): SharedRun {
    const callers = new Set<Caller>();
    const handle = this.#splitter.submit(job, (outcome) => {
      this.#underWay.delete(runKey);
      if (outcome.kind === 'done' && mayKeep(job, outcome.result))
        this.#cache.put(key, outcome.result.packed, outcome.result.computedBy);
      this.#deliver(job, callers, outcome);
    });
    const run: SharedRun = { job, handle, callers, progressListeners: new Set() };
    this.#underWay.set(runKey, run);
    return run;
  }

  /** The first caller gets the result itself, the others a copy each. */
  #deliver(ran: Job, callers: Set<Caller>, outcome: FinalOutcome<JobResult>): void {
    let isTaken = false;
    for (const { job, onEnd } of callers) {
      if (outcome.kind === 'failed') onEnd(outcome);
      else {
        const { value, packed, timing, isChecked } = outcome.result;
        if (isTaken) this.#hits++;
        onEnd({
          kind: 'done',
          result: {
            value: isTaken ? unpacked(job, copyResult(packed), isChecked) : value,
            timing: job === ran ? timing : this.#cachedTiming(job),
          },
        });
      }
      isTaken = true;
    }
    callers.clear();
  }

  #cachedTiming(job: Job) {
    return cachedTiming(this.#clock.now() - job.submittedMs);
  }
}

/** Whoever asks again may get a result that can be checked, or another random one. */
function mayKeep({ definition }: Job, { isChecked, packed }: JobResult): boolean {
  return isChecked && (definition.mayKeep?.(packed) ?? true);
}

function unpacked({ definition, packed }: Job, result: PackedResult, isChecked: boolean): unknown {
  const value = definition.unpackResult(packed, result);
  return isChecked ? value : (definition.asUnchecked?.(value) ?? value);
}

function addProgressListener({ job, progressListeners }: SharedRun, listener: ProgressListener): void {
  progressListeners.add(listener);
  job.onProgress = (progress) => {
    for (const each of progressListeners) each(progress);
  };
}
