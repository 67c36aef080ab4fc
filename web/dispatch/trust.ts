import { CheckStreak } from '../../shared/reputation.ts';

/** How far each volunteer is believed (DESIGN §4.7): by kind of job as far as its {@link CheckStreak} goes; one wrong result bars it for as long as this lives. */
export class Trust {
  readonly #random: () => number;
  /** By volunteer and kind of job. */
  readonly #streaks = new Map<string, Map<string, CheckStreak>>();
  readonly #barred = new Set<string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Shall this result be checked? */
  isDue(volunteerId: string, kind: string): boolean {
    return this.#streaks.get(volunteerId)?.get(kind)?.isDue(this.#random) ?? true;
  }

  isBarred(volunteerId: string): boolean {
    return this.#barred.has(volunteerId);
  }

  right(volunteerId: string, kind: string): void {
    const streaks = this.#streaks.get(volunteerId) ?? new Map<string, CheckStreak>();
    const streak = streaks.get(kind) ?? new CheckStreak();
    streak.right();
    streaks.set(kind, streak);
    this.#streaks.set(volunteerId, streaks);
  }

  wrong(volunteerId: string): void {
    this.#barred.add(volunteerId);
    this.#streaks.delete(volunteerId);
  }
}
