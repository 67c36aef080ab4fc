import { setNewest } from '../../shared/bounded-map.ts';
import type { MeshError, MeshErrorReason } from '../../shared/errors.ts';
import type { DispatcherEvents } from './dispatch-counts.ts';
import type { Job } from './job.ts';

type FailedJob = Pick<Job, 'definition' | 'packed'>;

/**
 * Tasks in a row that a volunteer may fail for want of a file, memory or a model: its line may be down for some of them, and one that
 * never works is of no use.
 */
export const MAX_EXCUSED_IN_A_ROW = 3;
/** Volunteers remembered; the one that failed longest ago is forgotten for a new one. */
const MAX_REMEMBERED = 256;

/** Reasons that lie in the task or its model. */
const OF_THE_TASK: ReadonlySet<MeshErrorReason> = new Set(['bad-input', 'too-large', 'unknown-model']);

/**
 * Attributes failures: reports how volunteers do, without the failures that are not their fault. A volunteer that finds fault with a task is believed until
 * that task is proven to work: by this machine, or by a result that was checked. Then an input that it called bad was not, and what it lacked was
 * its own. A result that nobody checked proves nothing: whoever made one up would put the blame on the honest.
 */
export class FailureAttribution {
  readonly #report: DispatcherEvents['onVolunteerResult'];
  /** By volunteer id: such tasks since its last valid result. */
  readonly #excused = new Map<string, number>();
  /** By job, while it has no result: the volunteers that found fault with it. */
  readonly #faulted = new WeakMap<FailedJob, Map<string, MeshErrorReason>>();
  /** Jobs that ended with a proven result. */
  readonly #proven = new WeakSet<FailedJob>();

  constructor(report: DispatcherEvents['onVolunteerResult']) {
    this.#report = report;
  }

  /**
   * A job ended with a result.
   *
   * @param volunteerId - null where this machine did it.
   * @param isProven - whether this machine did it or a check found it right.
   */
  succeeded(volunteerId: string | null, job: FailedJob, isProven: boolean): void {
    if (volunteerId !== null) {
      this.#excused.delete(volunteerId);
      this.#report(volunteerId, true);
    }
    if (isProven) {
      this.#proven.add(job);
      for (const [id, reason] of this.#faulted.get(job) ?? []) this.#blame(id, reason);
    }
    this.#faulted.delete(job);
  }

  /** An attempt failed after its job had ended with a result. Counts only where it finds fault with a task that is proven to work. */
  failedLate(volunteerId: string, job: FailedJob, { reason }: MeshError): void {
    if (OF_THE_TASK.has(reason) && this.#proven.has(job)) this.#blame(volunteerId, reason);
  }

  failed(volunteerId: string, cause: 'failed' | 'lost', job: FailedJob, { reason }: MeshError): void {
    if (OF_THE_TASK.has(reason)) {
      const faults = this.#faulted.get(job) ?? new Map<string, MeshErrorReason>();
      this.#faulted.set(job, faults.set(volunteerId, reason));
      return;
    }
    // Of a link that was lost, the same reason means the volunteer's own network.
    const isFile =
      cause === 'failed' && reason === 'connection-failed' && job.definition.loadsFiles?.(job.packed.params);
    if (!isFile || !this.#isExcused(volunteerId)) this.#report(volunteerId, false);
  }

  /** It found fault with a task that works. */
  #blame(volunteerId: string, reason: MeshErrorReason): void {
    if (reason === 'bad-input' || !this.#isExcused(volunteerId)) this.#report(volunteerId, false);
  }

  /** Whether something other than the volunteer may be to blame once more. */
  #isExcused(volunteerId: string): boolean {
    const inARow = (this.#excused.get(volunteerId) ?? 0) + 1;
    setNewest(this.#excused, volunteerId, inARow, MAX_REMEMBERED);
    return inARow <= MAX_EXCUSED_IN_A_ROW;
  }
}
