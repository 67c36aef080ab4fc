import type { Job, Runner } from './job.ts';
import type { JobRun } from './job-run.ts';
import type { LocalRunner } from './local-runner.ts';

/** Everybody who can run jobs: this machine and the volunteers that are linked. */
export class RunnerPool {
  readonly local: LocalRunner;
  readonly #volunteers = new Set<Runner>();

  constructor(local: LocalRunner) {
    this.local = local;
  }

  add(volunteer: Runner): void {
    this.#volunteers.add(volunteer);
  }

  remove(volunteer: Runner): void {
    this.#volunteers.delete(volunteer);
  }

  /** Removes a volunteer, over whatever connections it is linked. */
  removeById(volunteerId: string): void {
    for (const volunteer of this.#volunteers) if (volunteer.id === volunteerId) this.#volunteers.delete(volunteer);
  }

  clear(): void {
    this.#volunteers.clear();
  }

  /** Whether anybody could start a job now. */
  get hasRoom(): boolean {
    if (this.local.hasRoom) return true;
    for (const { hasRoom, accepts, silent } of this.#volunteers) if (hasRoom && accepts && !silent) return true;
    return false;
  }

  /** The runners that may run the job and take work at the moment, whether they have room or not. */
  candidates(run: JobRun): Runner[] {
    return run.candidates(this.local, this.#volunteers);
  }

  /** The runner with room that is predicted to finish the job first, or null. */
  earliestFree(run: JobRun): Runner | null {
    const free = this.candidates(run).filter(({ hasRoom }) => hasRoom);
    return earliest(free, run.job);
  }

  /** Whether a job without candidates may get one later. */
  mayYetRun(run: JobRun): boolean {
    return run.mayYetRun(this.local, this.#volunteers);
  }
}

/**
 * The runner predicted to finish the job first, or null if there is none.
 *
 * @param reservedMs - time on each runner that is promised to other jobs.
 */
export function earliest(
  runners: readonly Runner[],
  job: Job,
  reservedMs: ReadonlyMap<Runner, number> = new Map(),
): Runner | null {
  let best: Runner | null = null;
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
