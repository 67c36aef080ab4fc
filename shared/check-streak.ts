import { TRUST } from './tasks/tuning.ts';

/**
 * One volunteer's record at one kind of work, after the adaptive replication of BOINC: everything is checked until
 * {@link TRUST.alwaysBelow} were right in a row, then one in as many as were right.
 */
export class CheckStreak {
  /** Right ones in a row, among those that were checked. */
  #right = 0;

  /** Shall the next one be checked? */
  isDue(random: () => number): boolean {
    return this.isNew || random() < 1 / this.#right;
  }

  /** Is everything checked yet? */
  get isNew(): boolean {
    return this.#right < TRUST.alwaysBelow;
  }

  right(): void {
    this.#right++;
  }

  /** Back to the start. */
  wrong(): void {
    this.#right = 0;
  }
}
