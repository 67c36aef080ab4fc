import type { Clock } from '../../shared/clock.ts';
import { DeadlineWatch } from '../net/deadline-watch.ts';
import type { DuplicateBudget } from './duplicate-budget.ts';
import type { Runner } from './job.ts';
import type { Attempt, JobRun, RedispatchCause } from './job-run.ts';
import { TASKS } from './tuning.ts';

/**
 * Which jobs should be given to a second runner: those whose only attempt is late, within the budget of duplicates, and, without one,
 * those whose volunteer fell silent or takes several times as long as would be late: both are rare and strong evidence, while one attempt
 * in twenty is late by definition.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #budget: DuplicateBudget;
  readonly #onWanted: () => void;
  readonly #watch: DeadlineWatch<Attempt>;
  /** With the attempt that is not enough; until there is somebody for a second one. */
  readonly #wanted = new Map<JobRun, Attempt>();

  constructor(clock: Clock, budget: DuplicateBudget, onWanted: () => void) {
    this.#clock = clock;
    this.#budget = budget;
    this.#onWanted = onWanted;
    this.#watch = new DeadlineWatch(clock, (attempt) => this.#late(attempt));
  }

  /** Is there anything for {@link pairUp} to do? */
  get isWanted(): boolean {
    return this.#wanted.size > 0;
  }

  began(attempt: Attempt): void {
    // What is run to learn from may take its time.
    if (attempt.placement === 'exploration') return;
    this.#wanted.delete(attempt.run);
    this.#watch.watch(attempt, attempt.lateAfterMs);
  }

  ended(attempt: Attempt): void {
    this.#watch.forget(attempt);
    if (this.#wanted.get(attempt.run) === attempt) this.#wanted.delete(attempt.run);
  }

  /** Its volunteer fell silent. */
  suspect(attempt: Attempt): void {
    if (attempt.placement !== 'exploration') this.#want(attempt, 'silent');
  }

  /** It is the only one again: the attempt beside it has failed. */
  remains(attempt: Attempt): void {
    const leftMs = attempt.startedMs + attempt.lateAfterMs - this.#clock.now();
    this.#watch.watch(attempt, Math.max(0, leftMs));
  }

  /** Finds seconds, for those that have waited longest first, while `find` gives some; `start` makes the attempt. */
  pairUp(find: (run: JobRun) => Runner | null, start: (run: JobRun, second: Runner) => void): void {
    for (const [run, attempt] of this.#wanted) {
      const isSilent = run.need?.cause === 'silent';
      if (isSilent && !attempt.runner.silent) {
        // It was only held up, and may still be in time.
        this.#wanted.delete(run);
        run.need = null;
        this.remains(attempt);
        continue;
      }
      const isFree = isSilent || this.#isFarTooLate(attempt);
      if (!isFree && !this.#budget.canSpend) continue;
      const second = find(run);
      if (!second) continue;
      if (!isFree) this.#budget.spend();
      start(run, second);
    }
  }

  dispose(): void {
    this.#watch.dispose();
    this.#wanted.clear();
  }

  /** Others that wait for this runner may do better elsewhere by now: they are looked at as well, less and less often. */
  #late(attempt: Attempt): void {
    this.#watch.watch(attempt, this.#clock.now() - attempt.startedMs + TASKS.minLateMs);
    this.#want(attempt, 'late');
    this.#onWanted();
  }

  #isFarTooLate({ startedMs, lateAfterMs }: Attempt): boolean {
    return this.#clock.now() - startedMs >= TASKS.farTooLate * lateAfterMs;
  }

  /** One from which a result may be expected is enough beside it: a third comes when that one is not. */
  #want(attempt: Attempt, cause: RedispatchCause): void {
    const { run, runner } = attempt;
    const others = run.awaited.filter((other) => other !== attempt);
    if (others.length > 0 || run.isQueued || run.need?.cause === 'silent') return;
    if (run.need?.cause !== cause) run.need = { cause, ranOn: runner.id, detectedMs: this.#clock.now() };
    this.#wanted.set(run, attempt);
    this.#onWanted();
  }
}
