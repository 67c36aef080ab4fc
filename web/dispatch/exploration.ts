import type { DuplicateBudget } from './hedging.ts';
import type { Job, Runner } from './job.ts';
import type { Attempt, JobState } from './job-state.ts';
import { STRAGGLER } from './straggler-threshold.ts';

/** When a runner is measured although it is predicted to be slower than another. */
export const EXPLORATION = {
  /** One task in this many, for runners that were measured before. */
  tasksPerExploration: 50,
  /** A runner predicted to take more than this many times as long as the best is left alone. */
  maxRatio: 8,
  /** A measurement older than this is stale, ms. */
  staleAfterMs: 2_000,
} as const;

/** A job's first attempt, and the runners it was chosen from. */
export interface FirstAttempt {
  state: JobState;
  runner: Runner;
  candidates: readonly Runner[];
}

/**
 * Measures runners that would otherwise never be asked. An estimate that is too high would hold for ever, since nobody gives work to
 * a runner that seems slow. So now and then a task is run a second time, to its end, on the runner we know least about. That delays
 * nobody: it is paid from the duplicate budget, of which some is left for hedging, and it gives way to real work.
 */
export class Exploration {
  readonly #budget: DuplicateBudget;
  readonly #now: () => number;
  /** Explorations under way, at most one for each runner. */
  readonly #underWay = new Map<Runner, Attempt>();
  /** First attempts since the last exploration. */
  #startsSinceLast = 0;

  constructor(budget: DuplicateBudget, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /**
   * Starts explorations beside first attempts, usually none. To be called after all jobs that can start have done so: a runner that
   * was given another job of the kind is measured without a duplicate.
   */
  startExplorations(
    firstAttempts: readonly FirstAttempt[],
    start: (state: JobState, leastKnown: Runner) => void,
  ): void {
    for (const { state, runner, candidates } of firstAttempts) {
      const leastKnown = this.#pick(state.job, candidates, runner);
      if (leastKnown) start(state, leastKnown);
    }
  }

  began(attempt: Attempt): void {
    this.#underWay.set(attempt.runner, attempt);
  }

  /** Any attempt ended. */
  ended(attempt: Attempt): void {
    if (this.#underWay.get(attempt.runner) === attempt) this.#underWay.delete(attempt.runner);
  }

  /** Real work starts on this runner: cancels an exploration there whose own job is over. */
  giveWay(runner: Runner): void {
    const attempt = this.#underWay.get(runner);
    if (!attempt || attempt.state.attempts.has(runner)) return;
    this.#underWay.delete(runner);
    runner.cancel(attempt.state.job);
  }

  #pick(job: Job, candidates: readonly Runner[], chosen: Runner): Runner | null {
    this.#startsSinceLast++;
    if (candidates.length < 2 || !this.#budget.canSpare) return null;
    const leastKnown = this.#leastKnown(job, candidates, chosen);
    if (!leastKnown) return null;
    const isUnknown = leastKnown.measuredAtMs(job.kind) === null;
    if (!isUnknown && this.#startsSinceLast < EXPLORATION.tasksPerExploration) return null;
    this.#startsSinceLast = 0;
    this.#budget.spend();
    return leastKnown;
  }

  #leastKnown(job: Job, candidates: readonly Runner[], chosen: Runner): Runner | null {
    // A much slower runner is not worth it, least of all this machine, which also runs the game.
    const maxMs = EXPLORATION.maxRatio * Math.max(chosen.predictMs(job), STRAGGLER.minLateMs);
    let least: Runner | null = null;
    let leastMs = this.#now() - EXPLORATION.staleAfterMs;
    for (const runner of candidates) {
      if (runner === chosen || !runner.hasCapacity || this.#underWay.has(runner) || runner.isRunning(job.kind))
        continue;
      const measuredMs = runner.measuredAtMs(job.kind) ?? Number.NEGATIVE_INFINITY;
      if (measuredMs > leastMs || runner.predictMs(job) > maxMs) continue;
      least = runner;
      leastMs = measuredMs;
    }
    return least;
  }
}
