import { TRUST } from '../../shared/tuning.ts';

/**
 * How far each volunteer is believed (DESIGN §4.7), after the adaptive replication of BOINC: every result is checked until
 * {@link TRUST.alwaysBelow} of its kind were right in a row, then one in as many as were right; one wrong result bars the volunteer
 * for as long as this lives.
 */
export class Trust {
  readonly #random: () => number;
  /** Right results in a row among those that were checked, by volunteer and kind of job. */
  readonly #streaks = new Map<string, Map<string, number>>();
  readonly #barred = new Set<string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Shall this result be checked? */
  isDue(volunteerId: string, kind: string): boolean {
    const streak = this.#streaks.get(volunteerId)?.get(kind) ?? 0;
    return streak < TRUST.alwaysBelow || this.#random() < 1 / streak;
  }

  isBarred(volunteerId: string): boolean {
    return this.#barred.has(volunteerId);
  }

  right(volunteerId: string, kind: string): void {
    const streaks = this.#streaks.get(volunteerId) ?? new Map<string, number>();
    streaks.set(kind, (streaks.get(kind) ?? 0) + 1);
    this.#streaks.set(volunteerId, streaks);
  }

  wrong(volunteerId: string): void {
    this.#barred.add(volunteerId);
    this.#streaks.delete(volunteerId);
  }
}
