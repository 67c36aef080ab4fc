import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { TaskSplit } from '../../shared/tasks/definition.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Job, type JobHandle, type JobResult, mergedResult, type OnJobEnd, partOf, type Runner } from './job.ts';
import { earliest } from './runner-pool.ts';
import { TiledJob } from './tiled-job.ts';

/** When a task is split, and into how many parts. */
const SPLIT = {
  /** A task that takes less than this is not split: planning, envelopes and merging cost a millisecond or two. */
  minTaskMs: 20,
  /** It is split if that is predicted to take less than this part of the time. Predictions err, and more parts can be late. */
  maxTimeRatio: 0.8,
  /** Numbers of parts for each runner that are compared. More parts balance uneven machines better, and more bytes are sent. */
  partsPerRunner: [1, 2, 4],
  maxParts: 64,
} as const;

interface SplitPlan {
  jobs: Job[];
  merge: TaskSplit<unknown>['merge'];
}

interface Part {
  job: Job;
  handle: JobHandle;
  result: JobResult | null;
}

interface SplitJob {
  readonly job: Job;
  readonly parts: Part[];
  readonly merge: SplitPlan['merge'];
  readonly onEnd: OnJobEnd;
}

/**
 * Submits jobs to the dispatcher: a large one in parts, if several runners together are predicted to finish it sooner than one, or if one
 * would not take it in one piece. To its owner it stays one job; to the dispatcher each part is a job like any other.
 */
export class JobSplitter {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  /** Split jobs that have not ended. */
  readonly #splits = new Set<SplitJob>();
  readonly #tiled = new Set<TiledJob>();

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
  }

  /** `onEnd` is called once: later, or by the handle's `abort`. Throws MeshError `queue-full`, `closed`, `too-large`. */
  submit(job: Job, onEnd: OnJobEnd): JobHandle {
    const tiles = job.definition.tiles?.(job.packed);
    if (tiles) {
      const tiled = new TiledJob(this.#dispatcher, this.#clock, job, tiles, (outcome) => {
        this.#tiled.delete(tiled);
        onEnd(outcome);
      });
      this.#tiled.add(tiled);
      return tiled;
    }
    const plan = this.#plan(job);
    if (!plan) return this.#dispatcher.submit(job, onEnd);
    const split: SplitJob = { job, parts: [], merge: plan.merge, onEnd };
    this.#splits.add(split);
    try {
      for (const part of plan.jobs) split.parts.push(this.#submitPart(split, part));
    } catch (cause) {
      this.#abortParts(split, MeshError.from(cause));
      throw cause;
    }
    return {
      get wasStarted() {
        return split.parts.some(({ handle }) => handle.wasStarted);
      },
      raisePriority(priority) {
        job.priority = Math.max(job.priority, priority);
        for (const { handle } of split.parts) handle.raisePriority(priority);
      },
      abort: (error) => this.#fail(split, error),
    };
  }

  /** Runs the parts again that this volunteer computed for jobs still under way: its results are no longer trusted. */
  evictByVolunteer(volunteerId: string): void {
    for (const tiled of [...this.#tiled]) tiled.evictByVolunteer(volunteerId);
    for (const split of [...this.#splits]) {
      try {
        for (const part of split.parts) {
          if (!part.result?.computedBy.includes(volunteerId)) continue;
          // A new job object: an exploration may still run under the old one.
          Object.assign(part, this.#submitPart(split, { ...part.job }));
        }
      } catch (cause) {
        this.#fail(split, MeshError.from(cause));
      }
    }
  }

  #plan(job: Job): SplitPlan | null {
    if (!job.definition.split) return null;
    const runners = this.#dispatcher.ableTo(job);
    // Waiting jobs already keep every runner busy.
    if (this.#dispatcher.queued >= runners.length) return null;
    return planSplit(job, runners, this.#clock.now());
  }

  #submitPart(split: SplitJob, job: Job): Part {
    const handle = this.#dispatcher.submit(job, (outcome) => {
      if (!this.#splits.has(split)) return;
      const part = split.parts.find((other) => other.job === job);
      if (outcome.kind === 'failed') this.#fail(split, outcome.error);
      else if (part) {
        part.result = outcome.result;
        const results = split.parts.flatMap(({ result }) => result ?? []);
        if (results.length === split.parts.length) this.#finish(split, results, outcome.result);
      }
    });
    return { job, handle, result: null };
  }

  #finish(split: SplitJob, results: readonly JobResult[], last: JobResult): void {
    this.#splits.delete(split);
    let result: JobResult;
    try {
      result = this.#merged(split, results, last);
    } catch (cause) {
      split.onEnd({ kind: 'failed', error: MeshError.from(cause) });
      return;
    }
    split.onEnd({ kind: 'done', result });
  }

  #merged({ job, merge }: SplitJob, results: readonly JobResult[], last: JobResult): JobResult {
    const packed = merge(results.map((part) => part.packed));
    const attempts = Math.max(...results.map(({ timing }) => timing.attempts));
    return mergedResult(job, packed, results, { timing: last.timing, attempts, nowMs: this.#clock.now() });
  }

  #fail(split: SplitJob, error: MeshError): void {
    if (!this.#splits.has(split)) return;
    this.#abortParts(split, error);
    split.onEnd({ kind: 'failed', error });
  }

  #abortParts(split: SplitJob, error: MeshError): void {
    this.#splits.delete(split);
    for (const { handle } of split.parts) handle.abort(error);
  }
}

/**
 * The split with which these runners together are predicted to finish the job first; null if splitting hardly helps. The parts are
 * about equal, and a faster runner gets more of them.
 */
function planSplit(job: Job, runners: readonly Runner[], nowMs: number): SplitPlan | null {
  const { definition } = job;
  if (!definition.split || runners.length < 2) return null;
  const wholeMs = finishMs([job], runners);
  if (wholeMs < SPLIT.minTaskMs) return null;
  let best: SplitPlan | null = null;
  let bestMs = wholeMs * SPLIT.maxTimeRatio;
  for (const perRunner of SPLIT.partsPerRunner) {
    const { tasks, merge } = definition.split(job.packed, Math.min(SPLIT.maxParts, perRunner * runners.length));
    if (tasks.length < 2) return best;
    const jobs = tasks.map((task) => partOf(job, task, nowMs));
    const predictedMs = finishMs(jobs, runners);
    if (predictedMs >= bestMs) continue;
    best = { jobs, merge };
    bestMs = predictedMs;
  }
  return best;
}

/** Predicted time until the last job ends, if each goes to the runner that finishes it first, as in the dispatcher. */
function finishMs(jobs: readonly Job[], runners: readonly Runner[]): number {
  const reservedMs = new Map<Runner, number>();
  let lastMs = 0;
  for (const job of jobs) {
    const runner = earliest(runners, job, reservedMs);
    if (!runner) return Number.POSITIVE_INFINITY;
    const beforeMs = reservedMs.get(runner) ?? 0;
    lastMs = Math.max(lastMs, beforeMs + runner.predictMs(job));
    reservedMs.set(runner, beforeMs + runner.workMs(job));
  }
  return lastMs;
}
