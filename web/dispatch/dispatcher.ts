import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { OncePerTick } from '../net/once-per-tick.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import {
  DispatchCounter,
  type DispatchCounts,
  type DispatcherEvents,
  firstPlacement,
  type Placement,
  type RedispatchCause,
} from './dispatch-counts.ts';
import { Exploration, type FirstAttempt } from './exploration.ts';
import { FailureAttribution } from './failure-attribution.ts';
import { DuplicateBudget, Hedging } from './hedging.ts';
import {
  type AttemptResult,
  type FinalOutcome,
  type Job,
  type JobHandle,
  type JobResult,
  type OnJobEnd,
  type Outcome,
  type Runner,
  timingOf,
} from './job.ts';
import { JobQueue, type QueueDecision } from './job-queue.ts';
import { type Attempt, JobState, type RedispatchNeed } from './job-state.ts';
import type { LocalRunner } from './local-runner.ts';
import { type Accepted, ResultChecker, type VerificationEnvironment } from './result-checker.ts';
import { RunnerPool } from './runner-pool.ts';

/**
 * Waiting jobs of one type and `where` that are looked at when work is started. Behind this many jobs that all wait for a busy
 * runner, another one would wait as well.
 */
export const LOOK_AHEAD_JOBS = 256;

/**
 * Decides which job runs where and when. A job goes to the runner predicted to finish it first. If it is late, or its volunteer falls
 * silent, a second runner gets it too, and the first valid result wins. A runner that fails at a job is not asked again for it, and
 * after `ATTEMPTS.maxFailures` failed attempts only this machine may run it.
 */
export class Dispatcher {
  readonly #counter = new DispatchCounter();
  readonly #clock: Clock;
  readonly #events: DispatcherEvents;
  readonly #queue = new JobQueue();
  readonly #states = new Map<Job, JobState>();
  readonly #pool: RunnerPool;
  readonly #budget = new DuplicateBudget();
  readonly #attribution: FailureAttribution;
  readonly #exploration: Exploration;
  readonly #hedging: Hedging;
  readonly #trust: VolunteerTrust;
  readonly #checker: ResultChecker;
  readonly #scheduleLater = new OncePerTick(() => this.#schedule());

  constructor(
    clock: Clock,
    local: LocalRunner,
    events: DispatcherEvents,
    trust: VolunteerTrust,
    verification: Omit<VerificationEnvironment, 'now' | 'after'>,
  ) {
    const now = () => clock.now();
    this.#clock = clock;
    this.#pool = new RunnerPool(local);
    this.#events = events;
    this.#attribution = new FailureAttribution((...verdict) => events.onVolunteerResult(...verdict));
    this.#exploration = new Exploration(this.#budget, now);
    this.#hedging = new Hedging(clock, this.#budget, () => this.wake());
    this.#trust = trust;
    trust.barred.add(({ volunteerId }) => this.#barred(volunteerId));
    const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
    const environment = { ...verification, now, after };
    this.#checker = new ResultChecker(trust, environment, (job, onEnd) => this.submit(job, onEnd));
  }

  get counts(): DispatchCounts {
    return this.#counter.counts;
  }

  /** Jobs waiting, including those for which space is reserved. */
  get queued(): number {
    return this.#queue.length + this.#queue.reserved;
  }

  get inFlight(): number {
    return this.#states.size - this.#queue.length;
  }

  /** A volunteer's connection opened. */
  add(volunteer: Runner): void {
    if (this.#trust.isBarred(volunteer.id)) return;
    this.#checker.linkOpened(volunteer.id);
    this.#pool.add(volunteer);
    this.wake();
  }

  /** A volunteer's connection ended. The runner itself reports the outcome of the jobs it held. */
  remove(volunteer: Runner): void {
    this.#pool.remove(volunteer);
    this.wake();
  }

  /** A task or a stream got a wrong answer from this volunteer. The jobs it holds start elsewhere at once. */
  #barred(volunteerId: string): void {
    this.#pool.removeById(volunteerId);
    for (const state of [...this.#states.values()]) {
      const attempt = state.attemptOf(volunteerId);
      if (!attempt) continue;
      const { runner } = attempt;
      runner.cancel(state.job);
      this.#hedging.ended(attempt);
      this.#exploration.ended(attempt);
      state.attempts.delete(runner);
      this.#needAnother(state, runner, 'barred');
    }
  }

  /** The volunteer fell silent: the jobs it holds get a second runner at once. Only a confirmed loss counts against the volunteer. */
  suspect(volunteer: Runner): void {
    for (const { attempts } of this.#states.values()) {
      const attempt = attempts.get(volunteer);
      if (attempt) this.#hedging.suspect(attempt);
    }
  }

  /** Schedules at the end of this microtask batch, so that what is submitted in it is sent in one transfer. */
  wake(): void {
    this.#scheduleLater.request();
  }

  /** Holds space for a job that will be submitted later. Returns what releases it. Throws MeshError `queue-full`, `closed`. */
  reserve(job: Job): () => void {
    return this.#queue.reserve(job);
  }

  /** The runners that may run such a job and take work at the moment. */
  ableTo(job: Job): Runner[] {
    return this.#pool.candidates(new JobState(job, () => {}));
  }

  /** Queues a job. `onEnd` is called once: later, or by the handle's `abort`. Throws MeshError `queue-full`, `closed`. */
  submit(job: Job, onEnd: OnJobEnd): JobHandle {
    this.#queue.checkSpace(job);
    const state = new JobState(job, onEnd);
    this.#states.set(job, state);
    this.#queue.add(job);
    if (job.where !== 'volunteers') this.#pool.local.prepare();
    this.wake();
    return {
      get wasStarted() {
        return state.wasStarted;
      },
      raisePriority: (priority) => this.#queue.raisePriority(job, priority),
      abort: (error) => this.#abort(state, error),
    };
  }

  /** Resolves when the queue has room again. */
  ready(): Promise<void> {
    return this.#queue.ready();
  }

  dispose(error: MeshError): void {
    for (const state of [...this.#states.values()]) this.#abort(state, error);
    this.#scheduleLater.dispose();
    this.#hedging.dispose();
    this.#checker.dispose();
    this.#pool.clear();
    this.#queue.close(error);
  }

  #abort(state: JobState, error: MeshError): void {
    if (this.#states.get(state.job) !== state) return;
    for (const attempt of state.attempts.values()) {
      attempt.runner.cancel(state.job);
      // No outcome is reported for a cancelled attempt.
      this.#exploration.ended(attempt);
    }
    this.#end(state, { kind: 'failed', error });
  }

  #schedule(): void {
    this.#hedge();
    this.#startWaiting();
    this.#queue.notifyReady();
  }

  /** Starts second attempts, before any new job: they have waited longest. */
  #hedge(): void {
    if (!this.#hedging.hasPending || !this.#pool.hasCapacity) return;
    this.#hedging.startHedges(
      (state) => this.#pool.earliestFree(state),
      (state, second) => this.#start(state, second, 'hedge'),
    );
  }

  /**
   * List scheduling: the jobs, most urgent first, each pick the runner that finishes them first. A job that picks a busy runner waits, and its
   * time on that runner counts as taken for the jobs behind it.
   */
  #startWaiting(): void {
    const reservedMs = new Map<Runner, number>();
    const unrunnable: JobState[] = [];
    const passedOver = new Map<string, number>();
    const firstAttempts: FirstAttempt[] = [];
    this.#queue.take((job): QueueDecision => {
      const state = this.#states.get(job);
      if (!state) return 'take';
      if (!this.#pool.hasCapacity) return 'stop';
      const group = `${job.where} ${job.type}`;
      const passed = passedOver.get(group) ?? 0;
      if (passed > LOOK_AHEAD_JOBS) return 'leave';
      const candidates = this.#pool.candidates(state);
      const first = this.#pool.choose(job, candidates, reservedMs);
      if (first?.hasCapacity) {
        state.isQueued = false;
        const isRetry = state.wasStarted;
        this.#start(state, first, isRetry ? 'retry' : firstPlacement(job, candidates));
        if (!isRetry && !job.answerStream && !job.session?.from)
          firstAttempts.push({ state, runner: first, candidates });
        return 'take';
      }
      // An exploration under way may still bring the result.
      if (!first && state.attempts.size === 0 && !this.#pool.couldRunLater(state)) {
        state.isQueued = false;
        unrunnable.push(state);
        return 'take';
      }
      if (first) reservedMs.set(first, (reservedMs.get(first) ?? 0) + first.workMs(job));
      passedOver.set(group, passed + 1);
      return 'leave';
    });
    this.#exploration.startExplorations(firstAttempts, (state, runner) => this.#start(state, runner, 'exploration'));
    for (const state of unrunnable) this.#giveUp(state);
  }

  #start(state: JobState, runner: Runner, placement: Placement): void {
    const { pendingRedispatch, job } = state;
    // Read before the start, which lengthens the runner's backlog.
    const lateAfterMs = runner.lateAfterMs(job);
    const attempt: Attempt = { state, runner, placement, startedMs: this.#clock.now(), lateAfterMs };
    this.#counter.attemptStarted(placement);
    state.begin(attempt);
    this.#hedging.began(attempt);
    if (placement === 'exploration') this.#exploration.began(attempt);
    else this.#exploration.giveWay(runner);
    this.#pool.start(runner, job, (outcome) => this.#attemptEnded(attempt, outcome));
    if (pendingRedispatch) this.#reportRedispatch(pendingRedispatch, attempt);
  }

  /** In a microtask of its own: a listener may submit tasks, and the queue is being iterated. */
  #reportRedispatch({ ranOn, cause, detectedMs }: RedispatchNeed, { startedMs }: Attempt): void {
    queueMicrotask(() => this.#events.onRedispatch({ ranOn, cause, delayMs: startedMs - detectedMs }));
  }

  #attemptEnded(attempt: Attempt, outcome: Outcome<AttemptResult>): void {
    const { state, runner } = attempt;
    this.#hedging.ended(attempt);
    this.#exploration.ended(attempt);
    const isLate = this.#states.get(state.job) !== state;
    // An exploration may end long after its job.
    if (isLate && outcome.kind === 'failed') this.#attribution.failedLate(runner.id, state.job, outcome.error);
    if (isLate || state.attempts.get(runner) !== attempt) return;
    state.attempts.delete(runner);
    if (outcome.kind === 'done') this.#receive(attempt, outcome.result);
    else if (outcome.kind !== 'returned') this.#attemptFailed(attempt, outcome.kind, outcome.error);
    else if (state.recordHandback()) this.#needAnother(state, runner, 'returned');
    else {
      const error = new MeshError(
        'volunteer-failed',
        'The task was handed back too many times. Submit it again later.',
      );
      this.#attemptFailed(attempt, 'failed', error);
    }
  }

  #attemptFailed({ state, runner }: Attempt, cause: 'failed' | 'lost', error: MeshError): void {
    if (cause === 'lost') state.lost(runner.id, error);
    else state.failed(runner.id, error);
    if (runner.id !== this.#pool.local.id) this.#attribution.failed(runner.id, cause, state.job, error);
    this.#needAnother(state, runner, cause);
  }

  /** The job ends with the check of this result, unless another attempt is sooner. A wrong result bars its volunteer in any case. */
  #receive(attempt: Attempt, result: AttemptResult): void {
    const { state, runner } = attempt;
    const { job } = state;
    const endedMs = this.#clock.now();
    const volunteerId = runner.id === this.#pool.local.id ? null : runner.id;
    state.pendingChecks++;
    this.#checker.examine(job, result.packed, volunteerId, (decision) => {
      state.pendingChecks--;
      if (decision.kind === 'wrong')
        this.#trust.wrong({ volunteerId: runner.id, work: job.type, error: decision.error });
      if (this.#states.get(job) !== state) return;
      if (decision.kind === 'accepted') this.#finish(attempt, result, decision, endedMs);
      else if (decision.kind === 'distrusted') this.#needAnother(state, runner, 'barred');
      else this.#attemptFailed(attempt, 'failed', decision.error);
    });
  }

  /** Queues the job for another attempt, unless one is under way. */
  #needAnother(state: JobState, runner: Runner, cause: RedispatchCause): void {
    const [other] = state.viableAttempts;
    if (other) this.#hedging.remains(other);
    else if (!state.isQueued && state.pendingChecks === 0) {
      state.pendingRedispatch = { cause, ranOn: runner.id, detectedMs: this.#clock.now() };
      state.isQueued = true;
      this.#queue.add(state.job);
    }
    this.wake();
  }

  #finish(attempt: Attempt, result: AttemptResult, { value, isChecked, isProven }: Accepted, endedMs: number): void {
    const { state, runner, placement, startedMs } = attempt;
    const { job } = state;
    const { packed, backend, queueMs, computeMs } = result;
    const isLocal = runner.id === this.#pool.local.id;
    this.#counter.jobDone(isLocal ? 'local' : 'volunteers', placement);
    this.#attribution.succeeded(isLocal ? null : runner.id, job, isProven);
    for (const other of state.attempts.values()) {
      // An exploration runs to its end, or nothing would be learned from it.
      if (other.placement !== 'exploration') other.runner.cancel(job);
    }
    const times = { startedMs, endedMs, queueMs, computeMs, ranOn: runner.id, backend, attempts: state.attempted };
    const timing = timingOf(job, times);
    this.#end(state, { kind: 'done', result: { value, packed, timing, computedBy: [runner.id], isChecked } });
  }

  #giveUp(state: JobState): void {
    const noRunner =
      this.#pool.local.error ??
      new MeshError('volunteer-failed', 'No volunteer could run this task. Submit it again later.');
    this.#end(state, { kind: 'failed', error: state.lastError ?? noRunner });
  }

  #end(state: JobState, outcome: FinalOutcome<JobResult>): void {
    if (!this.#states.delete(state.job)) return;
    for (const attempt of state.attempts.values()) this.#hedging.ended(attempt);
    state.attempts.clear();
    // Searching the queue for a job that is not there would cost its whole length.
    if (state.isQueued) this.#queue.remove(state.job);
    state.onEnd(outcome);
    this.wake();
  }
}
