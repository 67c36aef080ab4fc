import type { MeshError, MeshErrorReason } from '../../shared/errors.ts';
import type { DispatcherEvents } from './dispatch-counts.ts';
import type { Job } from './job.ts';

type FailedJob = Pick<Job, 'definition' | 'packed'>;

/** Files that a volunteer may fail to fetch in a row: its line may be down for some tasks, and one that never works is of no use. */
export const MAX_EXCUSED_IN_A_ROW = 3;
/** Volunteers remembered; the one that failed longest ago is forgotten for a new one. */
const MAX_REMEMBERED = 256;

/** Reasons that lie in the task or its model. */
const OF_THE_TASK: ReadonlySet<MeshErrorReason> = new Set(['bad-input', 'too-large', 'unknown-model']);

/** Reports how volunteers do, without the failures that are not their fault. */
export class VolunteerResults {
  readonly #report: DispatcherEvents['onVolunteerResult'];
  /** By volunteer id: the files that it could not fetch since its last valid result. */
  readonly #excused = new Map<string, number>();

  constructor(report: DispatcherEvents['onVolunteerResult']) {
    this.#report = report;
  }

  succeeded(volunteerId: string): void {
    this.#excused.delete(volunteerId);
    this.#report(volunteerId, true);
  }

  failed(volunteerId: string, cause: 'failed' | 'lost', job: FailedJob, { reason }: MeshError): void {
    if (OF_THE_TASK.has(reason)) return;
    // Of a link that was lost, the same reason means the volunteer's own network.
    const isFile =
      cause === 'failed' && reason === 'connection-failed' && job.definition.loadsFiles?.(job.packed.params);
    if (!isFile || !this.#isExcused(volunteerId)) this.#report(volunteerId, false);
  }

  /** Whether the network of a server that files come from may be to blame once more. */
  #isExcused(volunteerId: string): boolean {
    const inARow = (this.#excused.get(volunteerId) ?? 0) + 1;
    this.#excused.delete(volunteerId);
    for (const oldest of this.#excused.keys()) {
      if (this.#excused.size < MAX_REMEMBERED) break;
      this.#excused.delete(oldest);
    }
    this.#excused.set(volunteerId, inARow);
    return inARow <= MAX_EXCUSED_IN_A_ROW;
  }
}
