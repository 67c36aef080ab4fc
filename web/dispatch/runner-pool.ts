import { setNewest } from '../../shared/bounded-map.ts';
import type { AttemptResult, Job, Outcome, Runner } from './job.ts';
import type { JobState } from './job-state.ts';
import type { LocalRunner } from './local-runner.ts';

/** Conversations whose last runner is remembered; the one that was silent for longest is forgotten first. */
const MAX_CONVERSATIONS = 256;

/** Everybody who can run jobs: this machine and the volunteers that are linked. */
export class RunnerPool {
  readonly local: LocalRunner;
  readonly #volunteers = new Set<Runner>();
  readonly #conversations = new Conversations();

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

  /**
   * The runner for a job: the one that keeps its conversation, otherwise the one that is predicted to finish it first.
   *
   * @param reservedMs - time on each runner that is promised to other jobs.
   */
  choose(job: Job, candidates: readonly Runner[], reservedMs: ReadonlyMap<Runner, number>): Runner | null {
    return this.#conversations.keeperOf(job, candidates) ?? earliest(candidates, job, reservedMs);
  }

  start(runner: Runner, job: Job, onOutcome: (outcome: Outcome<AttemptResult>) => void): void {
    this.#conversations.began(job, runner);
    runner.start(job, onOutcome);
  }

  /** Whether anybody could start a job now. */
  get hasCapacity(): boolean {
    if (this.local.hasCapacity) return true;
    for (const { hasCapacity, isAccepting, isSilent } of this.#volunteers)
      if (hasCapacity && isAccepting && !isSilent) return true;
    return false;
  }

  /** The runners that may run the job and take work at the moment, whether they have free capacity or not. */
  candidates(state: JobState): Runner[] {
    return state.candidates(this.local, this.#volunteers);
  }

  /** The runner with free capacity that is predicted to finish the job first, or null. */
  earliestFree(state: JobState): Runner | null {
    const free = this.candidates(state).filter(({ hasCapacity }) => hasCapacity);
    return earliest(free, state.job);
  }

  /** Whether a job without candidates may get one later. */
  couldRunLater(state: JobState): boolean {
    return state.couldRunLater(this.local, this.#volunteers);
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

/** Which runner had the last word in each conversation: it has read the messages, and another one would have to read them again. */
class Conversations {
  readonly #keepers = new Map<string, string>();

  /** The runner among these that keeps the job's conversation and takes it now. */
  keeperOf({ conversation }: Job, candidates: readonly Runner[]): Runner | undefined {
    if (conversation === undefined) return undefined;
    const id = this.#keepers.get(conversation);
    return candidates.find((runner) => runner.id === id && runner.hasCapacity);
  }

  began({ conversation }: Job, { id }: Runner): void {
    if (conversation !== undefined) setNewest(this.#keepers, conversation, id, MAX_CONVERSATIONS);
  }
}
