import { TASKS } from './tuning.ts';

/**
 * How much work may be done twice: every so many tasks that start pay for one duplicate, and what is unspent is kept up to a few
 * (Dean & Barroso 2013, "The Tail at Scale": hedging stays cheap because it is rare).
 */
export class DuplicateBudget {
  /** In starts of tasks. */
  #saved: number = TASKS.duplicateBurst * TASKS.tasksPerDuplicate;

  earn(): void {
    this.#saved = Math.min(this.#saved + 1, TASKS.duplicateBurst * TASKS.tasksPerDuplicate);
  }

  get canSpend(): boolean {
    return this.#saved >= TASKS.tasksPerDuplicate;
  }

  /** Beyond one for whoever needs it more. */
  get canSpare(): boolean {
    return this.#saved >= 2 * TASKS.tasksPerDuplicate;
  }

  spend(): void {
    this.#saved -= TASKS.tasksPerDuplicate;
  }
}
