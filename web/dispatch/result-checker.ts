import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { checkArrivedResult } from '../../shared/tasks/catalogue.ts';
import {
  type PackedResult,
  type PackedTask,
  type Recomputation,
  UNDECIDED,
  type Verification,
} from '../../shared/tasks/definition.ts';
import { SLICE_MS } from '../compute/schedule.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import { CrossCheckEligibility } from './cross-check-eligibility.ts';
import type { Job, JobHandle, OnJobEnd } from './job.ts';

/** How long a result waits for one comparison, ms: fetching a model may take this long; a check that takes longer is not made. */
export const COMPARISON_LIMIT_MS = 30_000;

/** What a check found. */
export type CheckVerdict =
  /** `isOurs`: by this machine alone. */
  | { kind: 'right'; isOurs: boolean }
  /** Nobody could tell, which is not the volunteer's fault. */
  | { kind: 'unchecked' }
  | { kind: 'wrong'; error: MeshError };

/** The fields of a job that a check needs. */
export type CheckedJob = Pick<Job, 'type' | 'definition' | 'packed'>;

/** What verifying needs from this machine. */
export interface VerificationEnvironment {
  now(): number;
  random(): number;
  /** Resolves after other events of this thread were handled. */
  rest(): Promise<void>;
  /** As {@link Clock.after}. */
  after: Clock['after'];
  /**
   * Computes a part of a task on this machine.
   *
   * @param signal - nobody waits for it any more.
   */
  compute(type: string, task: PackedTask, signal: AbortSignal): Promise<PackedResult>;
}

export interface VerifierOptions<Of extends CheckedJob> extends VerificationEnvironment {
  /** Has a volunteer that may confirm this one's results compute a task. Rejects where there is none. */
  replicate(job: Of, task: PackedTask, volunteerId: string, signal: AbortSignal): Promise<PackedResult>;
}

/** Verifies results by their type's `verify()`, in short slices between the other work of this thread. */
export class Verifier<Of extends CheckedJob = Job> {
  readonly #options: VerifierOptions<Of>;
  readonly #disposed = new AbortController();
  /** Checks so far, and how much of this machine's time they took. */
  readonly counts = { checked: 0, checkedMs: 0 };

  constructor(options: VerifierOptions<Of>) {
    this.#options = options;
  }

  /** @param ranOn - the volunteer that computed the result. */
  async check(job: Of, value: unknown, ranOn: string): Promise<CheckVerdict> {
    this.counts.checked++;
    try {
      return await this.#drive(job, job.definition.verify(job.packed, value, this.#options.random), ranOn);
    } catch (cause) {
      // An exception is caused by the result: one that cannot be checked is not delivered.
      return { kind: 'wrong', error: MeshError.from(cause, 'verify-failed') };
    }
  }

  /** Checks under way end as `unchecked`. */
  dispose(): void {
    this.#disposed.abort();
  }

  async #drive(job: Of, verification: Verification, ranOn: string): Promise<CheckVerdict> {
    const { now, rest } = this.#options;
    let answer: PackedResult | undefined;
    let isOurs = true;
    let sliceStartMs = now();
    while (!this.#disposed.signal.aborted) {
      const step = verification.next(answer);
      answer = undefined;
      if (!step.done && step.value) {
        const compared = await this.#recompute(job, step.value, ranOn);
        // Nothing to compare with: a network that cannot be loaded, a lost device, nobody else with the model.
        if (!compared) return { kind: 'unchecked' };
        ({ answer, isOurs } = compared);
      }
      const sliceMs = now() - sliceStartMs;
      if (!step.done && !step.value && sliceMs < SLICE_MS) continue;
      this.counts.checkedMs += sliceMs;
      if (step.done) return step.value === UNDECIDED ? { kind: 'unchecked' } : { kind: 'right', isOurs };
      await rest();
      sliceStartMs = now();
    }
    return { kind: 'unchecked' };
  }

  async #recompute(job: Of, { task, by }: Recomputation, ranOn: string): Promise<Compared | null> {
    const { compute, replicate } = this.#options;
    if (by === 'another') {
      const theirs = await this.#inTime((signal) => replicate(job, task, ranOn, signal));
      if (theirs) return { answer: theirs, isOurs: false };
    }
    const ours = await this.#inTime((signal) => compute(job.type, task, signal));
    return ours && { answer: ours, isOurs: true };
  }

  /** What the work resolves to; null if it fails or takes too long. */
  async #inTime(work: (signal: AbortSignal) => Promise<PackedResult>): Promise<PackedResult | null> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    const cancelTimer = this.#options.after(COMPARISON_LIMIT_MS, stop);
    this.#disposed.signal.addEventListener('abort', stop);
    try {
      const stopped = new Promise<null>((resolve) => abort.signal.addEventListener('abort', () => resolve(null)));
      return await Promise.race([work(abort.signal), stopped]);
    } catch {
      return null;
    } finally {
      cancelTimer();
      this.#disposed.signal.removeEventListener('abort', stop);
    }
  }
}

interface Compared {
  answer: PackedResult;
  /** Whether this machine computed it. */
  isOurs: boolean;
}

/** A result that may be delivered. */
export interface Accepted {
  kind: 'accepted';
  value: unknown;
  /** False if a check was due and could not be made. */
  isChecked: boolean;
  /** Whether this machine computed it, or a check found it right. */
  isProven: boolean;
}

/** What to do with a result. */
export type ResultDecision =
  | Accepted
  /** Its shape is not that of the type's results. */
  | { kind: 'malformed'; error: MeshError }
  /** It is of the right shape and wrong. */
  | { kind: 'wrong'; error: MeshError }
  /** It could not be checked, and its volunteer was barred meanwhile: the job must run again elsewhere. */
  | { kind: 'distrusted' };

/** Decides, by the trust in its volunteer, whether a result is checked, and checks it. */
export class ResultChecker {
  readonly #trust: VolunteerTrust;
  readonly #now: () => number;
  readonly #verifier: Verifier;
  readonly #eligibility = new CrossCheckEligibility();

  /** @param submit - runs a job, for checks that compare two runs of a task. */
  constructor(
    trust: VolunteerTrust,
    environment: VerificationEnvironment,
    submit: (job: Job, onEnd: OnJobEnd) => JobHandle,
  ) {
    this.#trust = trust;
    this.#now = environment.now;
    this.#verifier = new Verifier({
      ...environment,
      replicate: (job, packed, volunteerId, signal) =>
        new Promise((resolve, reject) => {
          // As urgent as the result that waits for it, but nobody wants its progress, and the session goes on elsewhere.
          const { onProgress: _, session: __, ...rest } = job;
          const replica: Job = {
            ...rest,
            ...{ packed, where: 'volunteers', replicaOf: volunteerId, submittedMs: environment.now() },
            mayRunOn: (id) => this.#eligibility.mayConfirm(id, volunteerId),
          };
          const handle = submit(replica, (end) =>
            end.kind === 'done' ? resolve(end.result.packed) : reject(end.error),
          );
          signal.addEventListener('abort', () => handle.abort(MeshError.cancelled('The check')));
        }),
    });
  }

  /** A link to this volunteer opened. */
  linkOpened(volunteerId: string): void {
    this.#eligibility.linkOpened(volunteerId, this.#now());
  }

  /**
   * Validates a result and, if its volunteer is due for a check, checks it. It is for the caller to report a wrong one to the trust.
   *
   * @param volunteerId - null: this machine computed it, and it needs no check.
   * @param onDecision - called once, before this returns if no check is due.
   */
  examine(
    job: Job,
    packed: PackedResult,
    volunteerId: string | null,
    onDecision: (decision: ResultDecision) => void,
  ): void {
    let value: unknown;
    try {
      value = checkArrivedResult(job.definition, job.packed, packed);
    } catch (cause) {
      onDecision({ kind: 'malformed', error: MeshError.from(cause, 'malformed') });
      return;
    }
    if (volunteerId === null || job.replicaOf !== undefined || !this.#trust.isCheckDue(volunteerId, job.kind)) {
      onDecision({ kind: 'accepted', value, isChecked: true, isProven: volunteerId === null });
    } else void this.#check(job, value, volunteerId).then(onDecision);
  }

  dispose(): void {
    this.#verifier.dispose();
  }

  async #check(job: Job, value: unknown, volunteerId: string): Promise<ResultDecision> {
    const verdict = await this.#verifier.check(job, value, volunteerId);
    if (verdict.kind === 'wrong') return verdict;
    if (verdict.kind === 'right') {
      this.#trust.right(volunteerId, job.kind);
      if (verdict.isOurs) this.#eligibility.confirmedHere(volunteerId);
      return { kind: 'accepted', value, isChecked: true, isProven: true };
    }
    if (this.#trust.isBarred(volunteerId)) return { kind: 'distrusted' };
    return { kind: 'accepted', value: job.definition.asUnchecked?.(value) ?? value, isChecked: false, isProven: false };
  }
}
