import type { VolunteerStatus } from '../../shared/signaling.ts';
import { SIGNALING_CLIENT } from './tuning.ts';

/**
 * Whether a volunteer's status is worth telling. Thousands that stand idle would else be most of what a server hears: it ranks by
 * differences larger than {@link SIGNALING_CLIENT.statusStep}. Told again after {@link SIGNALING_CLIENT.statusRepeatMs} all the same, since then
 * the server looks at how far away the volunteer is as well.
 */
export class StatusNews {
  readonly #now: () => number;
  #told: VolunteerStatus | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  isNews(status: VolunteerStatus): boolean {
    const told = this.#told;
    if (!told || this.#now() - this.#toldMs >= SIGNALING_CLIENT.statusRepeatMs) return true;
    if (told.accepting !== status.accepting || told.maxGamers !== status.maxGamers) return true;
    // An end of the scale says more than its distance.
    const isAtEnd = status.load !== told.load && (status.load === 0 || status.load === 1);
    return (
      isAtEnd || Math.abs(status.load - told.load) >= SIGNALING_CLIENT.statusStep || !areAlike(status.tasks, told.tasks)
    );
  }

  told(status: VolunteerStatus): void {
    this.#told = status;
    this.#toldMs = this.#now();
  }
}

function areAlike(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((task, i) => task === others[i]);
}
