import type { Clock } from '../../shared/clock.ts';
import { DeadlineWatch } from '../net/deadline-watch.ts';
import type { RedispatchCause } from './dispatch-counts.ts';
import type { Runner } from './job.ts';
import type { Attempt, JobState } from './job-state.ts';
import { STRAGGLER } from './straggler-threshold.ts';

/** How much work may be done twice: 5 % of the tasks (Dean & Barroso 2013, "The Tail at Scale"). */
export const HEDGING = {
  /** Tasks that start for each duplicate that may be run. */
  tasksPerDuplicate: 20,
  /** Unspent duplicates that are kept. */
  duplicateBurst: 4,
  /** An attempt that takes this many times its threshold is hedged without regard to the budget: it may never end. */
  overdueFactor: 4,
} as const;

/** Limits how many duplicates are run, for hedging and exploration together. */
export class DuplicateBudget {
  /** Unspent budget, in starts of tasks. */
  #savedStarts: number = HEDGING.duplicateBurst * HEDGING.tasksPerDuplicate;

  /** For each task that starts. */
  earn(): void {
    this.#savedStarts = Math.min(this.#savedStarts + 1, HEDGING.duplicateBurst * HEDGING.tasksPerDuplicate);
  }

  get canSpend(): boolean {
    return this.#savedStarts >= HEDGING.tasksPerDuplicate;
  }

  /** Whether one would be left for a more urgent use. */
  get canSpare(): boolean {
    return this.#savedStarts >= 2 * HEDGING.tasksPerDuplicate;
  }

  spend(): void {
    this.#savedStarts -= HEDGING.tasksPerDuplicate;
  }
}

/**
 * Chooses the jobs that get a second attempt beside the first: those whose only attempt is late, within the duplicate budget; and
 * regardless of the budget those whose volunteer fell silent or takes several times its threshold. The latter are rare and strong
 * evidence, while one attempt in twenty is late by definition.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #budget: DuplicateBudget;
  readonly #onRequested: () => void;
  readonly #watch: DeadlineWatch<Attempt>;
  /** Jobs that wait for a second runner, each with the attempt that is not enough. */
  readonly #pending = new Map<JobState, Attempt>();

  /** @param onRequested - {@link startHedges} has something to do. */
  constructor(clock: Clock, budget: DuplicateBudget, onRequested: () => void) {
    this.#clock = clock;
    this.#budget = budget;
    this.#onRequested = onRequested;
    this.#watch = new DeadlineWatch(clock, (attempt) => this.#late(attempt));
  }

  /** Whether any job waits for a second runner. */
  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Each first attempt earns its share of the budget. */
  began(attempt: Attempt): void {
    // Explorations may take as long as they need.
    if (attempt.placement === 'exploration') return;
    if (attempt.placement !== 'retry' && attempt.placement !== 'hedge') this.#budget.earn();
    this.#pending.delete(attempt.state);
    this.#watch.watch(attempt, attempt.lateAfterMs);
  }

  ended(attempt: Attempt): void {
    this.#watch.forget(attempt);
    if (this.#pending.get(attempt.state) === attempt) this.#pending.delete(attempt.state);
  }

  /** The attempt's volunteer fell silent. */
  suspect(attempt: Attempt): void {
    if (attempt.placement !== 'exploration') this.#request(attempt, 'silent');
  }

  /** The attempt is the only one again, because the one beside it failed. */
  remains(attempt: Attempt): void {
    const leftMs = attempt.startedMs + attempt.lateAfterMs - this.#clock.now();
    this.#watch.watch(attempt, Math.max(0, leftMs));
  }

  /** Starts second attempts, those that waited longest first, for every job for which `find` returns a runner. */
  startHedges(find: (state: JobState) => Runner | null, start: (state: JobState, second: Runner) => void): void {
    for (const [state, attempt] of this.#pending) {
      const isSilent = state.pendingRedispatch?.cause === 'silent';
      if (isSilent && !attempt.runner.isSilent) {
        // The runner is heard again and may still be in time.
        this.#pending.delete(state);
        state.pendingRedispatch = null;
        this.remains(attempt);
        continue;
      }
      const isExempt = isSilent || this.#isOverdue(attempt);
      if (!isExempt && !this.#budget.canSpend) continue;
      const second = find(state);
      if (!second) continue;
      if (!isExempt) this.#budget.spend();
      start(state, second);
    }
  }

  dispose(): void {
    this.#watch.dispose();
    this.#pending.clear();
  }

  #late(attempt: Attempt): void {
    // Looked at again after twice the time, and so on: another runner may have become the better choice by then.
    this.#watch.watch(attempt, this.#clock.now() - attempt.startedMs + STRAGGLER.minLateMs);
    this.#request(attempt, 'late');
    this.#onRequested();
  }

  #isOverdue({ startedMs, lateAfterMs }: Attempt): boolean {
    return this.#clock.now() - startedMs >= HEDGING.overdueFactor * lateAfterMs;
  }

  /** Asks for a second attempt, unless another promising one is under way. */
  #request(attempt: Attempt, cause: RedispatchCause): void {
    const { state, runner } = attempt;
    const others = state.viableAttempts.filter((other) => other !== attempt);
    if (others.length > 0 || state.isQueued || state.pendingRedispatch?.cause === 'silent') return;
    if (state.pendingRedispatch?.cause !== cause)
      state.pendingRedispatch = { cause, ranOn: runner.id, detectedMs: this.#clock.now() };
    this.#pending.set(state, attempt);
    this.#onRequested();
  }
}
