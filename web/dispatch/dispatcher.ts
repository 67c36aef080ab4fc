import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import { OncePerTick } from '../net/once-per-tick.ts';
import { DuplicateBudget } from './duplicate-budget.ts';
import { Exploration } from './exploration.ts';
import { Hedging } from './hedging.ts';
import type { Job, Outcome, Runner } from './job.ts';
import { JobQueue, type Verdict } from './job-queue.ts';
import { type Attempt, type JobEnd, JobRun, type Need, type RedispatchCause } from './job-run.ts';
import type { LocalRunner } from './local-runner.ts';
import { earliest, noPlacements, type Placement, type PlacementCounts, placementOf } from './placement.ts';
import { QueueSpace } from './queue-space.ts';
import { timingOf } from './timing.ts';
import { Trust } from './trust.ts';
import { TASKS } from './tuning.ts';
import { Verifier, type VerifierOptions } from './verifier.ts';

export type { JobEnd, RedispatchCause };

export interface Redispatch {
  /** Whose attempt was not enough: a volunteer's id, or `local`. */
  ranOn: string;
  cause: RedispatchCause;
  /** From noticing that to the start of another attempt. */
  delayMs: number;
}

export interface DispatcherEvents {
  /** A volunteer gave a valid answer, or did not. */
  onVolunteerResult(volunteerId: string, succeeded: boolean): void;
  onRedispatch(redispatch: Redispatch): void;
  /** A volunteer gave a wrong result. It gets no more work, and what it gave without being checked should not be kept. */
  onBarred(volunteerId: string, taskType: string, error: MeshError): void;
}

/** What checking results takes that the dispatcher itself has not. */
export type Checking = Omit<VerifierOptions<Job>, 'now' | 'replicate'>;

export interface DispatchCounts {
  /** Attempts beside one that was late or silent. */
  hedged: number;
  /** Attempts after one that ended without a result. */
  redispatched: number;
  ranLocally: number;
  ranOnVolunteers: number;
  /** Results of volunteers that were found wrong, and not delivered; a stream's wrong pictures count as one. */
  rejectedByVerify: number;
  /** Where results came from and why it was run there. */
  placements: PlacementCounts;
}

type Answered = Extract<Outcome, { kind: 'result' }>;

/** A first attempt, and who might have had it. */
interface Begun {
  run: JobRun;
  runner: Runner;
  candidates: readonly Runner[];
}

/**
 * Decides who runs which job when (DESIGN §4). A job goes to whoever is predicted to finish it first. One that is late, or whose
 * volunteer fell silent, is given to a second runner as well, and the first valid result wins. A runner that fails at a job is
 * not asked again for it, and after {@link TASKS.maxAttempts} it is run here, if it may be.
 */
export class Dispatcher {
  readonly counts: DispatchCounts = {
    ...{ hedged: 0, redispatched: 0, ranLocally: 0, ranOnVolunteers: 0, rejectedByVerify: 0 },
    placements: noPlacements(),
  };
  readonly #clock: Clock;
  readonly #local: LocalRunner;
  readonly #events: DispatcherEvents;
  readonly #queue = new JobQueue();
  readonly #runs = new Map<Job, JobRun>();
  readonly #volunteers = new Set<Runner>();
  readonly #budget = new DuplicateBudget();
  readonly #exploration: Exploration;
  readonly #hedging: Hedging;
  readonly #trust: Trust;
  readonly #verifier: Verifier;
  readonly #pumpAfterTurn = new OncePerTick(() => this.#pump());
  readonly #space = new QueueSpace(this.#queue);

  constructor(clock: Clock, local: LocalRunner, events: DispatcherEvents, checking: Checking) {
    this.#clock = clock;
    this.#local = local;
    this.#events = events;
    this.#exploration = new Exploration(this.#budget, () => clock.now());
    this.#hedging = new Hedging(clock, this.#budget, () => this.wake());
    this.#trust = new Trust(checking.random);
    this.#verifier = new Verifier({
      ...checking,
      now: () => clock.now(),
      replicate: (job, task, notOn) => this.#replicate(job, task, notOn),
    });
  }

  get queued(): number {
    return this.#queue.length + this.#space.announced;
  }

  get inFlight(): number {
    return this.#runs.size - this.#queue.length;
  }

  /** A volunteer's connection opened. */
  add(volunteer: Runner): void {
    if (this.#trust.isBarred(volunteer.id)) return;
    this.#volunteers.add(volunteer);
    this.wake();
  }

  /** It is gone; the runner tells the outcome of what it held itself. */
  remove(volunteer: Runner): void {
    this.#volunteers.delete(volunteer);
    this.wake();
  }

  /** A wrong result of this kind came from it, here or to somebody else on this page. What it holds is begun elsewhere at once. */
  bar(volunteerId: string, type: string, error: MeshError): void {
    this.counts.rejectedByVerify++;
    if (this.#trust.isBarred(volunteerId)) return;
    this.#trust.wrong(volunteerId);
    for (const volunteer of this.#volunteers) if (volunteer.id === volunteerId) this.#volunteers.delete(volunteer);
    for (const run of [...this.#runs.values()]) {
      const attempt = run.attemptOf(volunteerId);
      if (!attempt) continue;
      const { runner } = attempt;
      runner.cancel(run.job);
      this.#hedging.ended(attempt);
      if (attempt.placement === 'exploration') this.#exploration.ended(attempt);
      run.attempts.delete(runner);
      this.#needAnother(run, runner, 'barred');
    }
    this.#events.onBarred(volunteerId, type, error);
  }

  /** It has fallen silent: what it holds is begun elsewhere as well, at once. Only a confirmed loss counts against it. */
  suspect(volunteer: Runner): void {
    for (const { attempts } of this.#runs.values()) {
      const attempt = attempts.get(volunteer);
      if (attempt) this.#hedging.suspect(attempt);
    }
  }

  /** Something changed: look at the queue once this turn of the event loop is over, so that what is submitted in it travels together. */
  wake(): void {
    this.#pumpAfterTurn.request();
  }

  /** A job will be submitted, or not, when what is returned is called: until then it counts as queued. Throws MeshError `queue-full`, `closed`. */
  announce(job: Job): () => void {
    return this.#space.announce(job);
  }

  /** Those that may run such a job and take work now. */
  ableTo(job: Job): Runner[] {
    return new JobRun(job, () => {}).candidates(this.#local, this.#volunteers);
  }

  /** Takes a job; `onEnd` is called once, later. Throws MeshError `queue-full`, `closed`. */
  submit(job: Job, onEnd: (end: JobEnd) => void): void {
    this.#space.check(job);
    this.#runs.set(job, new JobRun(job, onEnd));
    this.#queue.add(job);
    if (job.where !== 'volunteers') this.#local.prepare();
    this.wake();
  }

  /** Makes a job at least so urgent. */
  prioritise(job: Job, priority: number): void {
    if (priority <= job.priority) return;
    const wasWaiting = this.#queue.remove(job);
    job.priority = priority;
    if (wasWaiting) this.#queue.add(job);
  }

  /** Ends a job wherever it is. */
  abort(job: Job, error: MeshError): void {
    const run = this.#runs.get(job);
    if (!run) return;
    for (const attempt of run.attempts.values()) {
      attempt.runner.cancel(job);
      // A cancelled attempt tells no outcome.
      if (attempt.placement === 'exploration') this.#exploration.ended(attempt);
    }
    this.#end(run, { ok: false, error });
  }

  /** Was the job ever given to anybody? */
  wasStarted(job: Job): boolean {
    return this.#runs.get(job)?.wasStarted ?? false;
  }

  /** Resolves when the queue has room again, or nothing waits any more. */
  ready(): Promise<void> {
    return this.#space.ready();
  }

  dispose(error: MeshError): void {
    for (const job of [...this.#runs.keys()]) this.abort(job, error);
    this.#pumpAfterTurn.dispose();
    this.#hedging.dispose();
    this.#verifier.dispose();
    this.#volunteers.clear();
    this.#space.close(error);
  }

  #pump(): void {
    this.#hedge();
    this.#startWaiting();
    this.#space.admit();
  }

  /** Before anything new: they have waited longest. */
  #hedge(): void {
    if (!this.#hedging.isWanted || !this.#hasRoom()) return;
    const find = (run: JobRun) => {
      const free = run.candidates(this.#local, this.#volunteers).filter(({ hasRoom }) => hasRoom);
      return earliest(free, run.job);
    };
    this.#hedging.pairUp(find, (run, second) => this.#start(run, second, 'hedge'));
  }

  /**
   * List scheduling: each job in turn picks whoever finishes it first. One that picks a busy runner waits for it, and those after it
   * see that runner's time as taken.
   */
  #startWaiting(): void {
    const reservedMs = new Map<Runner, number>();
    const hopeless: JobRun[] = [];
    const passedOver = new Map<string, number>();
    const begun: Begun[] = [];
    this.#queue.take((job): Verdict => {
      const run = this.#runs.get(job);
      if (!run) return 'take';
      if (!this.#hasRoom()) return 'stop';
      const kind = `${job.where} ${job.type}`;
      const passed = passedOver.get(kind) ?? 0;
      if (passed > TASKS.lookAhead) return 'leave';
      const candidates = run.candidates(this.#local, this.#volunteers);
      const first = earliest(candidates, job, reservedMs);
      if (first?.hasRoom) {
        run.isQueued = false;
        const isRetry = run.wasStarted;
        this.#start(run, first, isRetry ? 'retry' : placementOf(job, candidates));
        if (!isRetry) begun.push({ run, runner: first, candidates });
        return 'take';
      }
      // What is run to learn from may bring the result yet.
      if (!first && run.attempts.size === 0 && !run.mayYetRun(this.#local, this.#volunteers)) {
        run.isQueued = false;
        hopeless.push(run);
        return 'take';
      }
      if (first) reservedMs.set(first, (reservedMs.get(first) ?? 0) + first.workMs(job));
      passedOver.set(kind, passed + 1);
      return 'leave';
    });
    for (const one of begun) this.#explore(one);
    for (const run of hopeless) this.#giveUp(run);
  }

  #hasRoom(): boolean {
    if (this.#local.hasRoom) return true;
    for (const volunteer of this.#volunteers)
      if (volunteer.hasRoom && volunteer.accepts && !volunteer.silent) return true;
    return false;
  }

  #explore({ run, runner, candidates }: Begun): void {
    this.#budget.earn();
    const lessKnown = this.#exploration.pick(run.job, candidates, runner);
    if (lessKnown) this.#start(run, lessKnown, 'exploration');
  }

  #start(run: JobRun, runner: Runner, placement: Placement): void {
    const { need, job } = run;
    // Asked before it starts, which lengthens the backlog.
    const lateAfterMs = runner.lateAfterMs(job);
    const attempt: Attempt = { run, runner, placement, startedMs: this.#clock.now(), lateAfterMs };
    if (placement === 'hedge') this.counts.hedged++;
    if (placement === 'retry') this.counts.redispatched++;
    run.begin(attempt);
    this.#hedging.began(attempt);
    if (placement === 'exploration') this.#exploration.began(attempt);
    else this.#exploration.giveWay(runner);
    runner.start(job, (outcome) => this.#attemptEnded(attempt, outcome));
    if (need) this.#tellRedispatch(need, attempt);
  }

  /** Later: a listener may submit tasks, and the queue is being looked through. */
  #tellRedispatch({ ranOn, cause, detectedMs }: Need, { startedMs }: Attempt): void {
    queueMicrotask(() => this.#events.onRedispatch({ ranOn, cause, delayMs: startedMs - detectedMs }));
  }

  #attemptEnded(attempt: Attempt, outcome: Outcome): void {
    const { run, runner } = attempt;
    this.#hedging.ended(attempt);
    if (attempt.placement === 'exploration') this.#exploration.ended(attempt);
    // An exploration may end long after its job.
    if (run.attempts.get(runner) !== attempt || this.#runs.get(run.job) !== run) return;
    run.attempts.delete(runner);
    if (outcome.kind === 'result') this.#resulted(attempt, outcome);
    else if (outcome.kind !== 'returned') this.#attemptFailed(attempt, outcome);
    else if (run.returned()) this.#needAnother(run, runner, 'returned');
    else {
      const error = new MeshError('volunteer-failed', 'The task was handed back again and again.');
      this.#attemptFailed(attempt, { kind: 'failed', error });
    }
  }

  #attemptFailed({ run, runner }: Attempt, { kind, error }: Extract<Outcome, { kind: 'failed' | 'lost' }>): void {
    if (kind === 'lost') run.lost(runner.id, error);
    else run.failed(runner.id, error);
    if (runner.id !== this.#local.id) this.#events.onVolunteerResult(runner.id, false);
    this.#needAnother(run, runner, kind);
  }

  #resulted(attempt: Attempt, outcome: Answered): void {
    const { job } = attempt.run;
    let value: unknown;
    try {
      value = job.definition.unpackResult(job.packed, outcome.result);
    } catch (cause) {
      this.#attemptFailed(attempt, { kind: 'failed', error: MeshError.from(cause, 'malformed') });
      return;
    }
    const { id } = attempt.runner;
    const isTrusted = id === this.#local.id || job.replicaOf !== undefined || !this.#trust.isDue(id, job.kind);
    if (isTrusted) this.#finish(attempt, outcome, value);
    else void this.#check(attempt, outcome, value);
  }

  /** The job waits for it, unless another attempt is sooner; what is found counts all the same. */
  async #check(attempt: Attempt, outcome: Answered, value: unknown): Promise<void> {
    const { run, runner } = attempt;
    const { job } = run;
    const endedMs = this.#clock.now();
    run.checks++;
    const verdict = await this.#verifier.check(job, value, runner.id);
    run.checks--;
    const isWanted = this.#runs.get(job) === run;
    if (verdict.kind === 'wrong') {
      this.bar(runner.id, job.type, verdict.error);
      if (isWanted) this.#attemptFailed(attempt, { kind: 'failed', error: verdict.error });
      return;
    }
    if (verdict.kind === 'right') this.#trust.right(runner.id, job.kind);
    // Barred meanwhile, for another result: what could be checked was right, and the rest is not to be believed.
    const isBelieved = verdict.kind === 'right' || !this.#trust.isBarred(runner.id);
    if (isWanted && isBelieved) this.#finish(attempt, outcome, value, endedMs);
    else if (isWanted) this.#needAnother(run, runner, 'barred');
  }

  /** The same work by somebody else, as urgent as the result that waits for it; how far that is tells nobody anything. */
  #replicate(job: Job, packed: PackedTask, notOn: string): Promise<PackedResult> {
    return new Promise((resolve, reject) => {
      const { onProgress: _, ...rest } = job;
      const replica: Job = { ...rest, packed, where: 'auto', replicaOf: notOn, submittedMs: this.#clock.now() };
      this.submit(replica, (end) => (end.ok ? resolve(end.packed) : reject(end.error)));
    });
  }

  /** Unless one is under way. */
  #needAnother(run: JobRun, runner: Runner, cause: RedispatchCause): void {
    const [other] = run.awaited;
    if (other) this.#hedging.remains(other);
    else if (!run.isQueued && run.checks === 0) {
      run.need = { cause, ranOn: runner.id, detectedMs: this.#clock.now() };
      run.isQueued = true;
      this.#queue.add(run.job);
    }
    this.wake();
  }

  #finish(attempt: Attempt, outcome: Answered, value: unknown, endedMs = this.#clock.now()): void {
    const { run, runner, placement, startedMs } = attempt;
    const { job } = run;
    const { result, backend, queueMs, computeMs } = outcome;
    const isLocal = runner.id === this.#local.id;
    if (isLocal) this.counts.ranLocally++;
    else {
      this.counts.ranOnVolunteers++;
      this.#events.onVolunteerResult(runner.id, true);
    }
    this.counts.placements[isLocal ? 'local' : 'volunteers'][placement]++;
    for (const other of run.attempts.values()) {
      // What an exploration costs is only learned from its end.
      if (other.placement !== 'exploration') other.runner.cancel(job);
    }
    const marks = { startedMs, endedMs, queueMs, computeMs, ranOn: runner.id, backend, attempts: run.attempted };
    this.#end(run, { ok: true, value, packed: result, timing: timingOf(job, marks) });
  }

  #giveUp(run: JobRun): void {
    const nobody = this.#local.error ?? new MeshError('volunteer-failed', 'Nobody could run this task. Try again.');
    this.#end(run, { ok: false, error: run.lastError ?? nobody });
  }

  #end(run: JobRun, end: JobEnd): void {
    if (!this.#runs.delete(run.job)) return;
    for (const attempt of run.attempts.values()) this.#hedging.ended(attempt);
    run.attempts.clear();
    // Looking for one that is not there would cost the length of the queue.
    if (run.isQueued) this.#queue.remove(run.job);
    run.onEnd(end);
    this.wake();
  }
}
