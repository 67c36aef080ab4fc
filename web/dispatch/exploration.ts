import type { DuplicateBudget } from './duplicate-budget.ts';
import type { Job, Runner } from './job.ts';
import type { Attempt } from './job-run.ts';
import { TASKS } from './tuning.ts';

/**
 * An estimate that is too high would hold for ever, since nobody asks who seems slow. So now and then a task is run a second time
 * by whom we know least of, to the end, for the sake of knowing. A duplicate delays nobody: it comes out of the same budget as hedging,
 * of which it leaves some, and gives way to work that is wanted.
 */
export class Exploration {
  readonly #budget: DuplicateBudget;
  readonly #now: () => number;
  /** Under way, by runner: one at a time. */
  readonly #underWay = new Map<Runner, Attempt>();
  #startsSince = 0;

  constructor(budget: DuplicateBudget, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /**
   * Whom to try beside `chosen`; mostly nobody. Call it once for each task that starts, and when all have started that can: whoever
   * was given one of its kind, such as another part of the same work, tells without a duplicate.
   */
  pick(job: Job, candidates: readonly Runner[], chosen: Runner): Runner | null {
    this.#startsSince++;
    if (candidates.length < 2 || !this.#budget.canSpare) return null;
    const least = this.#leastKnown(job, candidates, chosen);
    if (!least) return null;
    const isUnknown = least.measuredAtMs(job.kind) === null;
    if (!isUnknown && this.#startsSince < TASKS.tasksPerExploration) return null;
    this.#startsSince = 0;
    this.#budget.spend();
    return least;
  }

  began(attempt: Attempt): void {
    this.#underWay.set(attempt.runner, attempt);
  }

  ended({ runner }: Attempt): void {
    this.#underWay.delete(runner);
  }

  /** Work that is wanted starts there: what is only run to learn from, its own job being over, ends. */
  giveWay(runner: Runner): void {
    const attempt = this.#underWay.get(runner);
    if (!attempt || attempt.run.attempts.has(runner)) return;
    this.#underWay.delete(runner);
    runner.cancel(attempt.run.job);
  }

  #leastKnown(job: Job, candidates: readonly Runner[], chosen: Runner): Runner | null {
    // What is that much slower would only be in its way: the machine at home is also the one that plays.
    const worthMs = TASKS.maxExplorationRatio * Math.max(chosen.predictMs(job), TASKS.minLateMs);
    let least: Runner | null = null;
    let leastMs = this.#now() - TASKS.staleAfterMs;
    for (const runner of candidates) {
      if (runner === chosen || !runner.hasRoom || this.#underWay.has(runner) || runner.isAt(job.kind)) continue;
      const measuredMs = runner.measuredAtMs(job.kind) ?? Number.NEGATIVE_INFINITY;
      if (measuredMs > leastMs || runner.predictMs(job) > worthMs) continue;
      least = runner;
      leastMs = measuredMs;
    }
    return least;
  }
}
