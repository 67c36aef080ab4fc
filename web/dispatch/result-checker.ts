import { MeshError } from '../../shared/errors.ts';
import { checkArrivedResult } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, Recomputation, Verification } from '../../shared/tasks/definition.ts';
import { SLICE_MS } from '../compute/schedule.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { Job, JobHandle, OnJobEnd } from './job.ts';

/** What a check found. `unchecked`: this machine could not tell, which is not the volunteer's fault. */
export type Verdict = { kind: 'right' | 'unchecked' } | { kind: 'wrong'; error: MeshError };

/** The fields of a job that a check needs. */
export type CheckedJob = Pick<Job, 'type' | 'definition' | 'packed'>;

/** What verifying needs from this machine. */
export interface VerificationEnvironment {
  now(): number;
  random(): number;
  /** Resolves after other events of this thread were handled. */
  rest(): Promise<void>;
  /** Computes a part of a task on this machine. */
  compute(type: string, task: PackedTask): Promise<PackedResult>;
}

export interface VerifierOptions<Of extends CheckedJob> extends VerificationEnvironment {
  /** Has another runner than this volunteer compute a task, without a check of that result. */
  replicate(job: Of, task: PackedTask, volunteerId: string): Promise<PackedResult>;
}

/** Verifies results by their type's `verify()`, in short slices between the other work of this thread. */
export class Verifier<Of extends CheckedJob = Job> {
  readonly #options: VerifierOptions<Of>;
  #disposed = false;
  /** Checks so far, and how much of this machine's time they took. */
  readonly counts = { checked: 0, checkedMs: 0 };

  constructor(options: VerifierOptions<Of>) {
    this.#options = options;
  }

  /** @param ranOn - the volunteer that computed the result. */
  async check(job: Of, value: unknown, ranOn: string): Promise<Verdict> {
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
    this.#disposed = true;
  }

  async #drive(job: Of, verification: Verification, ranOn: string): Promise<Verdict> {
    const { now, rest } = this.#options;
    let answer: PackedResult | undefined;
    let sliceStartMs = now();
    while (!this.#disposed) {
      const step = verification.next(answer);
      try {
        answer = step.done || !step.value ? undefined : await this.#recompute(job, step.value, ranOn);
      } catch {
        // Nothing to compare with: a network that cannot be loaded, a lost device, nobody else with the model.
        return { kind: 'unchecked' };
      }
      const sliceMs = now() - sliceStartMs;
      if (!step.done && !step.value && sliceMs < SLICE_MS) continue;
      this.counts.checkedMs += sliceMs;
      if (step.done) return { kind: 'right' };
      await rest();
      sliceStartMs = now();
    }
    return { kind: 'unchecked' };
  }

  #recompute(job: Of, { task, by }: Recomputation, ranOn: string): Promise<PackedResult> {
    return by === 'us' ? this.#options.compute(job.type, task) : this.#options.replicate(job, task, ranOn);
  }
}

/** What to do with a result. */
export type Decision =
  | { kind: 'accepted'; value: unknown }
  /** Its shape is not that of the type's results. */
  | { kind: 'malformed'; error: MeshError }
  /** It is of the right shape and wrong. */
  | { kind: 'wrong'; error: MeshError }
  /** It could not be checked, and its volunteer was barred meanwhile: the job must run again elsewhere. */
  | { kind: 'distrusted' };

/** Decides, by the trust in its volunteer, whether a result is checked, and checks it. */
export class ResultChecker {
  readonly #trust: VolunteerTrust;
  readonly #verifier: Verifier;

  /** @param submit - runs a job, for checks that compare two runs of a task. */
  constructor(
    trust: VolunteerTrust,
    environment: VerificationEnvironment,
    submit: (job: Job, onEnd: OnJobEnd) => JobHandle,
  ) {
    this.#trust = trust;
    this.#verifier = new Verifier({
      ...environment,
      replicate: (job, packed, volunteerId) =>
        new Promise((resolve, reject) => {
          // As urgent as the result that waits for it, but nobody wants its progress.
          const { onProgress: _, ...rest } = job;
          const replica: Job = {
            ...rest,
            ...{ packed, where: 'auto', replicaOf: volunteerId, submittedMs: environment.now() },
          };
          submit(replica, (end) => (end.kind === 'done' ? resolve(end.result.packed) : reject(end.error)));
        }),
    });
  }

  /**
   * Validates a result and, if its volunteer is due for a check, checks it. It is for the caller to report a wrong one to the trust.
   *
   * @param volunteerId - null: this machine computed it, and it needs no check.
   * @param onDecision - called once, before this returns if no check is due.
   */
  examine(job: Job, packed: PackedResult, volunteerId: string | null, onDecision: (decision: Decision) => void): void {
    let value: unknown;
    try {
      value = checkArrivedResult(job.definition, job.packed, packed);
    } catch (cause) {
      onDecision({ kind: 'malformed', error: MeshError.from(cause, 'malformed') });
      return;
    }
    if (volunteerId === null || job.replicaOf !== undefined || !this.#trust.isCheckDue(volunteerId, job.kind)) {
      onDecision({ kind: 'accepted', value });
    } else void this.#check(job, value, volunteerId).then(onDecision);
  }

  dispose(): void {
    this.#verifier.dispose();
  }

  async #check(job: Job, value: unknown, volunteerId: string): Promise<Decision> {
    const verdict = await this.#verifier.check(job, value, volunteerId);
    if (verdict.kind === 'wrong') return verdict;
    if (verdict.kind === 'right') this.#trust.right(volunteerId, job.kind);
    const isTrusted = verdict.kind === 'right' || !this.#trust.isBarred(volunteerId);
    return isTrusted ? { kind: 'accepted', value } : { kind: 'distrusted' };
  }
}
