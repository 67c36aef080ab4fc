import type { MeshError } from '../../shared/errors.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import type { Job, Runner } from './job.ts';
import type { Placement } from './placement.ts';
import type { Timing } from './timing.ts';
import { TASKS } from './tuning.ts';

/** How a job ended for whoever submitted it. `packed` is what `value` was made of. */
export type JobEnd =
  | { ok: true; value: unknown; packed: PackedResult; timing: Timing }
  | { ok: false; error: MeshError };

/** Why a job needs another attempt. */
export type RedispatchCause = 'silent' | 'late' | 'failed' | 'returned' | 'lost' | 'barred';

export interface Need {
  readonly cause: RedispatchCause;
  /** Whose attempt was not enough: a volunteer's id, or `local`. */
  readonly ranOn: string;
  readonly detectedMs: number;
}

export interface Attempt {
  readonly run: JobRun;
  readonly runner: Runner;
  readonly placement: Placement;
  readonly startedMs: number;
  /** From its start to when it is late, ms. */
  readonly lateAfterMs: number;
}

interface LocalKnowledge {
  readonly id: string;
  mayYetRun(type: string): boolean;
}

/** What the dispatcher knows of one job from its submission to its end. */
export class JobRun {
  /** Under way now; more than one when it is hedged or explored. */
  readonly attempts = new Map<Runner, Attempt>();
  /** Runners that failed at it: not asked again. */
  readonly #failedOn = new Set<string>();
  /** Volunteers lost with it: asked again only if there is nobody else, since they may have come back. */
  readonly #lostOn = new Set<string>();
  #failures = 0;
  #returns = 0;
  #started = 0;
  /** Results of it that are being looked at: one may be right yet. */
  checks = 0;
  /** Does it wait in the queue? */
  isQueued = true;
  /** Of the newest attempt that was not enough; null once another one began. */
  need: Need | null = null;
  lastError: MeshError | null = null;

  constructor(
    readonly job: Job,
    readonly onEnd: (end: JobEnd) => void,
  ) {}

  get wasStarted(): boolean {
    return this.#started > 0;
  }

  /** Attempts so far, but for those that were handed back unharmed. */
  get attempted(): number {
    return this.#started - this.#returns;
  }

  /** Attempts under way from which a result may be expected: made for it, and with somebody who gives signs of life. */
  get awaited(): Attempt[] {
    return [...this.attempts.values()].filter(({ placement, runner }) => placement !== 'exploration' && !runner.silent);
  }

  /** Undefined when this volunteer, or whatever it was connected as before, has none. */
  attemptOf(runnerId: string): Attempt | undefined {
    return [...this.attempts.values()].find(({ runner }) => runner.id === runnerId);
  }

  begin(attempt: Attempt): void {
    this.attempts.set(attempt.runner, attempt);
    this.#started++;
    if (attempt.placement !== 'exploration') this.need = null;
  }

  /** Handed back. False when that happened too often to be told from a failure. */
  returned(): boolean {
    return ++this.#returns <= TASKS.maxReturns;
  }

  failed(runnerId: string, error: MeshError): void {
    this.#failures++;
    this.#failedOn.add(runnerId);
    this.lastError = error;
  }

  lost(runnerId: string, error: MeshError): void {
    this.#failures++;
    this.#lostOn.add(runnerId);
    this.lastError = error;
  }

  /** Those that may run it and are there to take work, whether they have room now or not. */
  candidates(local: Runner, volunteers: Iterable<Runner>): Runner[] {
    const able: Runner[] = [];
    if (this.job.where !== 'volunteers' && this.#mayAsk(local)) able.push(local);
    if (!this.#mayAskVolunteers) return able;
    for (const volunteer of volunteers) if (this.#mayAsk(volunteer)) able.push(volunteer);
    if (this.#lostOn.size === 0) return able;
    const steady = able.filter(({ id }) => !this.#lostOn.has(id));
    return steady.length > 0 ? steady : able;
  }

  /**
   * Nobody can take it now; will somebody later? Here, once this machine is measured; a volunteer that is silent or takes nothing just now; or, until
   * one has failed at it, a volunteer that is still to come.
   */
  mayYetRun(local: LocalKnowledge, volunteers: Iterable<Runner>): boolean {
    const { where, type } = this.job;
    if (where !== 'volunteers' && !this.#failedOn.has(local.id) && local.mayYetRun(type)) return true;
    if (!this.#mayAskVolunteers) return false;
    if (where === 'volunteers' && this.#failedOn.size === 0) return true;
    for (const volunteer of volunteers) if (!this.#failedOn.has(volunteer.id) && volunteer.can(type)) return true;
    return false;
  }

  get #mayAskVolunteers(): boolean {
    return this.job.where !== 'local' && this.#failures < TASKS.maxAttempts;
  }

  #mayAsk(runner: Runner): boolean {
    const isThere = runner.accepts && !runner.silent && runner.can(this.job.type);
    const isAllowed = !this.#failedOn.has(runner.id) && runner.id !== this.job.replicaOf;
    return isThere && isAllowed && !this.attempts.has(runner);
  }
}
