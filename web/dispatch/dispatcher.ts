import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { TASKS } from '../../shared/tuning.ts';
import { AfterTurn } from '../net/turn.ts';
import type { Job, Outcome, Runner } from './job.ts';
import { JobQueue } from './job-queue.ts';
import type { LocalRunner } from './local-runner.ts';
import { type Timing, timingOf } from './timing.ts';

/** How a job ended for whoever submitted it. */
export type JobEnd = { ok: true; value: unknown; timing: Timing } | { ok: false; error: MeshError };

export interface DispatcherEvents {
  /** A volunteer gave a valid answer, or did not. */
  onVolunteerResult(volunteerId: string, succeeded: boolean): void;
}

export interface DispatchCounts {
  redispatched: number;
  ranLocally: number;
  ranOnVolunteers: number;
}

/** What the dispatcher knows of a job between its attempts. */
interface Progress {
  readonly job: Job;
  readonly onEnd: (end: JobEnd) => void;
  /** Volunteers that failed at it. */
  readonly excluded: Set<string>;
  attempts: number;
  returns: number;
  failedLocally: boolean;
  lastError: MeshError | null;
  running: { runner: Runner; startedMs: number } | null;
}

/**
 * Decides who runs which job when. A job goes to whoever is predicted to finish it first; a runner that fails at it is not asked
 * again for it, and after {@link TASKS.maxAttempts} it is run here, if it may be.
 */
export class Dispatcher {
  readonly counts: DispatchCounts = { redispatched: 0, ranLocally: 0, ranOnVolunteers: 0 };
  readonly #clock: Clock;
  readonly #local: LocalRunner;
  readonly #events: DispatcherEvents;
  readonly #queue = new JobQueue();
  readonly #progress = new Map<Job, Progress>();
  readonly #volunteers = new Set<Runner>();
  readonly #pumpAfterTurn = new AfterTurn(() => this.#pump());
  #waitingForRoom: (() => void)[] = [];

  constructor(clock: Clock, local: LocalRunner, events: DispatcherEvents) {
    this.#clock = clock;
    this.#local = local;
    this.#events = events;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get inFlight(): number {
    return this.#progress.size - this.#queue.length;
  }

  /** A volunteer's connection opened. */
  add(volunteer: Runner): void {
    this.#volunteers.add(volunteer);
    this.wake();
  }

  /** It is gone; the runner tells the outcome of what it held itself. */
  remove(volunteer: Runner): void {
    this.#volunteers.delete(volunteer);
    this.wake();
  }

  /** Something changed: look at the queue once this turn of the event loop is over, so that what is submitted in it travels together. */
  wake(): void {
    this.#pumpAfterTurn.request();
  }

  /** Takes a job; `onEnd` is called once, later. Throws MeshError `queue-full`. */
  submit(job: Job, onEnd: (end: JobEnd) => void): void {
    if (this.#queue.length >= TASKS.maxQueued || this.#queue.sizeBytes + job.bytesOut > TASKS.maxQueuedBytes) {
      throw new MeshError('queue-full', 'Too many tasks are waiting. Await ready() before submitting more.');
    }
    const progress = { excluded: new Set<string>(), attempts: 0, returns: 0, failedLocally: false };
    this.#progress.set(job, { job, onEnd, ...progress, lastError: null, running: null });
    this.#queue.add(job);
    if (job.where !== 'volunteers') this.#local.prepare();
    this.wake();
  }

  /** Ends a job wherever it is. */
  abort(job: Job, error: MeshError): void {
    const progress = this.#progress.get(job);
    if (!progress) return;
    if (progress.running) progress.running.runner.cancel(job);
    this.#end(progress, { ok: false, error });
  }

  /** Was the job ever given to anybody? */
  wasAssigned(job: Job): boolean {
    const progress = this.#progress.get(job);
    return progress !== undefined && (progress.running !== null || progress.attempts > 0 || progress.returns > 0);
  }

  /** Resolves when the queue has room again, or nothing waits any more. */
  ready(): Promise<void> {
    if (this.#queue.length < TASKS.readyBelow) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  dispose(error: MeshError): void {
    for (const { job } of [...this.#progress.values()]) this.abort(job, error);
    this.#pumpAfterTurn.dispose();
    this.#volunteers.clear();
    this.#admitWaiting();
  }

  /**
   * List scheduling: each job in turn picks whoever finishes it first. One that picks a busy runner waits for it, and those after it
   * see that runner's time as taken.
   */
  #pump(): void {
    const reservedMs = new Map<Runner, number>();
    const hopeless: Progress[] = [];
    this.#queue.take((job) => {
      const progress = this.#progress.get(job);
      if (!progress || !this.#hasRoom()) return null;
      const candidates = this.#candidates(progress);
      const first = earliest(candidates, job, reservedMs);
      if (!first) {
        const isHopeless = !this.#mayYetRun(progress);
        if (isHopeless) hopeless.push(progress);
        return isHopeless;
      }
      if (!first.hasRoom) {
        reservedMs.set(first, (reservedMs.get(first) ?? 0) + first.workMs(job));
        return false;
      }
      this.#start(progress, first);
      return true;
    });
    for (const progress of hopeless) this.#giveUp(progress);
    if (this.#queue.length < TASKS.readyBelow) this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (const resolve of this.#waitingForRoom.splice(0)) resolve();
  }

  #hasRoom(): boolean {
    if (this.#local.hasRoom) return true;
    for (const volunteer of this.#volunteers) if (volunteer.hasRoom) return true;
    return false;
  }

  #candidates({ job, excluded, attempts, failedLocally }: Progress): Runner[] {
    const candidates: Runner[] = [];
    if (job.where !== 'volunteers' && !failedLocally && this.#local.can(job.type)) candidates.push(this.#local);
    if (job.where === 'local' || attempts >= TASKS.maxAttempts) return candidates;
    for (const volunteer of this.#volunteers) {
      if (!excluded.has(volunteer.id) && volunteer.can(job.type)) candidates.push(volunteer);
    }
    return candidates;
  }

  /** Nobody can run it now; will somebody later? A volunteer that failed at it is not worth waiting for another one. */
  #mayYetRun({ job, excluded, attempts, failedLocally }: Progress): boolean {
    if (job.where === 'volunteers') return attempts < TASKS.maxAttempts && excluded.size === 0;
    return !failedLocally && this.#local.mayYetRun(job.type);
  }

  #start(progress: Progress, runner: Runner): void {
    const startedMs = this.#clock.now();
    const running = { runner, startedMs };
    progress.running = running;
    if (progress.attempts + progress.returns > 0) this.counts.redispatched++;
    runner.start(progress.job, (outcome) => {
      if (progress.running === running) this.#attemptEnded(progress, running, outcome);
    });
  }

  #attemptEnded(progress: Progress, { runner, startedMs }: NonNullable<Progress['running']>, outcome: Outcome): void {
    progress.running = null;
    const isLocal = runner.id === this.#local.id;
    if (outcome.kind === 'returned' && ++progress.returns <= TASKS.maxReturns) {
      this.#queueAgain(progress);
      return;
    }
    progress.attempts++;
    if (outcome.kind === 'result') {
      const error = this.#finish(progress, runner.id, startedMs, outcome);
      if (!error) return;
      progress.lastError = error;
    } else if (outcome.kind === 'returned') {
      progress.lastError = new MeshError('volunteer-failed', 'The task was handed back again and again.');
    } else progress.lastError = outcome.error;
    if (isLocal) progress.failedLocally = true;
    else {
      this.#events.onVolunteerResult(runner.id, false);
      // One that only lost its connection may come back.
      if (outcome.kind !== 'lost') progress.excluded.add(runner.id);
    }
    this.#queueAgain(progress);
  }

  /** Ends the job if the result is what its type says; else returns what is wrong with it. */
  #finish(
    progress: Progress,
    ranOn: string,
    startedMs: number,
    { result, backend, queueMs, computeMs }: Extract<Outcome, { kind: 'result' }>,
  ): MeshError | null {
    const { job, attempts } = progress;
    let value: unknown;
    try {
      value = job.definition.unpackResult(job.packed.params, result);
    } catch (cause) {
      return MeshError.from(cause, 'malformed');
    }
    const marks = { startedMs, endedMs: this.#clock.now(), queueMs, computeMs, ranOn, backend, attempts };
    if (ranOn === this.#local.id) this.counts.ranLocally++;
    else {
      this.counts.ranOnVolunteers++;
      this.#events.onVolunteerResult(ranOn, true);
    }
    this.#end(progress, { ok: true, value, timing: timingOf(job, marks) });
    return null;
  }

  #queueAgain({ job }: Progress): void {
    this.#queue.add(job);
    this.wake();
  }

  #giveUp(progress: Progress): void {
    const nobody = this.#local.error ?? new MeshError('volunteer-failed', 'Nobody could run this task. Try again.');
    this.#end(progress, { ok: false, error: progress.lastError ?? nobody });
  }

  #end(progress: Progress, end: JobEnd): void {
    if (!this.#progress.delete(progress.job)) return;
    progress.running = null;
    this.#queue.remove(progress.job);
    progress.onEnd(end);
    this.wake();
  }
}

function earliest(runners: readonly Runner[], job: Job, reservedMs: ReadonlyMap<Runner, number>): Runner | undefined {
  let best: Runner | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const runner of runners) {
    const predictedMs = runner.predictMs(job) + (reservedMs.get(runner) ?? 0);
    if (predictedMs < bestMs) {
      best = runner;
      bestMs = predictedMs;
    }
  }
  return best;
}
