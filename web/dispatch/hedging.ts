import type { Clock } from '../../shared/clock.ts';
import type { DuplicateBudget } from './duplicate-budget.ts';
import type { Runner } from './job.ts';
import type { Attempt, JobRun, RedispatchCause } from './job-run.ts';
import { LateWatch } from './late-watch.ts';

/**
 * Which jobs should be given to a second runner: those whose only attempt is late, within the budget of duplicates, and those whose
 * volunteer fell silent, without one: silence is rare and strong evidence, while one attempt in twenty is late by definition.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #budget: DuplicateBudget;
  readonly #onWanted: () => void;
  readonly #watch: LateWatch<Attempt>;
  /** With the attempt that is not enough; until there is somebody for a second one. */
  readonly #wanted = new Map<JobRun, Attempt>();

  constructor(clock: Clock, budget: DuplicateBudget, onWanted: () => void) {
    this.#clock = clock;
    this.#budget = budget;
    this.#onWanted = onWanted;
    this.#watch = new LateWatch(clock, (attempt) => this.#late(attempt));
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
    this.#want(attempt, 'silent');
  }

  /** Finds seconds, for those that have waited longest first, while `find` gives some; `start` makes the attempt. */
  pairUp(find: (run: JobRun) => Runner | null, start: (run: JobRun, second: Runner) => void): void {
    for (const [run, { runner }] of this.#wanted) {
      const isSilent = run.need?.cause === 'silent';
      if (isSilent && !runner.silent) {
        // It was only held up, and may still be in time.
        this.#wanted.delete(run);
        run.need = null;
        continue;
      }
      if (!isSilent && !this.#budget.canSpend) continue;
      const second = find(run);
      if (!second) continue;
      if (!isSilent) this.#budget.spend();
      start(run, second);
    }
  }

  dispose(): void {
    this.#watch.dispose();
    this.#wanted.clear();
  }

  #late(attempt: Attempt): void {
    if (this.#budget.canSpend) this.#want(attempt, 'late');
    // Once as late again there may be something to spend.
    else this.#watch.watch(attempt, attempt.lateAfterMs);
  }

  /** Two attempts at a time are enough: a third comes when both have failed. */
  #want(attempt: Attempt, cause: RedispatchCause): void {
    const { run, runner } = attempt;
    if (run.awaited > 1 || run.need?.cause === 'silent') return;
    run.need = { cause, ranOn: runner.id, detectedMs: this.#clock.now() };
    this.#wanted.set(run, attempt);
    this.#onWanted();
  }
}
