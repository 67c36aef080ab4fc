import type { MeshError } from '../../shared/errors.ts';
import { logger, shortId } from '../../shared/log.ts';
import type { Placement, RedispatchCause } from './dispatch-counts.ts';
import type { Job, OnJobEnd, Runner } from './job.ts';

const log = logger('dispatch');

/** Limits on how often one job is tried. */
export const ATTEMPTS = {
  /** Failed attempts before only this machine may run the job. */
  maxFailures: 3,
  /** How often a job may be handed back before that counts as a failure: a machine that pauses all day must not hold it. */
  maxReturns: 8,
} as const;

/** A job's need for another attempt. */
export interface RedispatchNeed {
  readonly cause: RedispatchCause;
  /** Runner of the previous attempt: a volunteer's id, or `local`. */
  readonly ranOn: string;
  readonly detectedMs: number;
}

/** One execution of a job on one runner. */
export interface Attempt {
  readonly state: JobState;
  readonly runner: Runner;
  readonly placement: Placement;
  readonly startedMs: number;
  /** How long after its start it counts as late, ms. */
  readonly lateAfterMs: number;
}

interface LocalAbility {
  readonly id: string;
  couldRunLater(type: string): boolean;
}

/** The state of one job in the dispatcher, from its submission to its end. */
export class JobState {
  /** Attempts under way; more than one while the job is hedged or explored. */
  readonly attempts = new Map<Runner, Attempt>();
  /** Runners that failed at the job: they are not asked again. */
  readonly #failedOn = new Set<string>();
  /** Volunteers whose connection was lost with the job: asked again only if nobody else can run it, since they may reconnect. */
  readonly #lostOn = new Set<string>();
  #failures = 0;
  #returns = 0;
  #started = 0;
  /** Checks of its results in progress: one of them may still be accepted. */
  pendingChecks = 0;
  /** Whether it waits in the queue. */
  isQueued = true;
  /** Set when an attempt failed, was lost or is late, until another one begins. */
  pendingRedispatch: RedispatchNeed | null = null;
  lastError: MeshError | null = null;

  constructor(
    readonly job: Job,
    readonly onEnd: OnJobEnd,
  ) {}

  get wasStarted(): boolean {
    return this.#started > 0;
  }

  /** Attempts so far, not counting those that were handed back. */
  get attempted(): number {
    return this.#started - this.#returns;
  }

  /** Attempts that are expected to return the result: no explorations, and none on silent runners. */
  get viableAttempts(): Attempt[] {
    return [...this.attempts.values()].filter(
      ({ placement, runner }) => placement !== 'exploration' && !runner.isSilent,
    );
  }

  /** The attempt under way on this runner, whatever connection it was started over. */
  attemptOf(runnerId: string): Attempt | undefined {
    return [...this.attempts.values()].find(({ runner }) => runner.id === runnerId);
  }

  begin(attempt: Attempt): void {
    this.attempts.set(attempt.runner, attempt);
    this.#started++;
    if (this.pendingRedispatch) {
      const { cause, ranOn, detectedMs } = this.pendingRedispatch;
      const runners = { from: shortId(ranOn), to: shortId(attempt.runner.id) };
      const delayMs = attempt.startedMs - detectedMs;
      log.info('redispatched', { task: this.job.type, cause, ...runners, delayMs, attempts: this.#started });
    }
    if (attempt.placement !== 'exploration') this.pendingRedispatch = null;
  }

  /** Records that the job was handed back. Returns false when that happened so often that it counts as a failure. */
  recordHandback(): boolean {
    return ++this.#returns <= ATTEMPTS.maxReturns;
  }

  failed(runnerId: string, error: MeshError): void {
    this.#logFailure(runnerId, 'failed', error);
    this.#failures++;
    this.#failedOn.add(runnerId);
    this.lastError = error;
  }

  lost(runnerId: string, error: MeshError): void {
    this.#logFailure(runnerId, 'lost', error);
    this.#failures++;
    this.#lostOn.add(runnerId);
    this.lastError = error;
  }

  /** The runners that may run the job and take work at the moment, whether they have free capacity or not. */
  candidates(local: Runner, volunteers: Iterable<Runner>): Runner[] {
    const able: Runner[] = [];
    if (this.job.where !== 'volunteers' && this.#isEligible(local)) able.push(local);
    if (!this.#mayUseVolunteers) return able;
    for (const volunteer of volunteers) if (this.#isEligible(volunteer)) able.push(volunteer);
    if (this.#lostOn.size === 0) return able;
    const steady = able.filter(({ id }) => !this.#lostOn.has(id));
    return steady.length > 0 ? steady : able;
  }

  /**
   * Whether a job without candidates may get one later: this machine, once it is measured; a volunteer that is silent or takes no work
   * at the moment; or, for `where: 'volunteers'` until one has failed at it, a volunteer that has yet to connect.
   */
  couldRunLater(local: LocalAbility, volunteers: Iterable<Runner>): boolean {
    const { where, type, replicaOf } = this.job;
    if (where !== 'volunteers' && !this.#failedOn.has(local.id) && local.couldRunLater(type)) return true;
    if (!this.#mayUseVolunteers) return false;
    // A result waits for its replica, so the replica waits for nobody who has yet to come.
    if (where === 'volunteers' && replicaOf === undefined && this.#failedOn.size === 0) return true;
    for (const volunteer of volunteers) if (this.#isAllowed(volunteer.id) && volunteer.can(type)) return true;
    return false;
  }

  #logFailure(runnerId: string, cause: RedispatchCause, { reason }: MeshError): void {
    log.warn('attempt failed', { task: this.job.type, runner: shortId(runnerId), cause, reason });
  }

  get #mayUseVolunteers(): boolean {
    return this.job.where !== 'local' && this.#failures < ATTEMPTS.maxFailures;
  }

  #isEligible(runner: Runner): boolean {
    const isAvailable = runner.isAccepting && !runner.isSilent && runner.can(this.job.type);
    return isAvailable && this.#isAllowed(runner.id) && !this.attempts.has(runner);
  }

  #isAllowed(runnerId: string): boolean {
    return !this.#failedOn.has(runnerId) && (this.job.mayRunOn?.(runnerId) ?? true);
  }
}
