import type { VolunteerStatus } from '../../shared/signaling.ts';

/** How often a volunteer considers reporting its status, ms: ranking needs seconds, not frames. */
export const STATUS_INTERVAL_MS = 2_000;
/** A smaller change of the load (0..1) is not reported: it moves a score by only a hundredth or two. */
export const LOAD_STEP = 0.05;
/** An unchanged status is repeated this often, ms: with every heartbeat (25 s) the server knows the volunteer's latency better. */
export const STATUS_REPEAT_MS = 30_000;

/**
 * Whether a volunteer's status is worth telling. Thousands that stand idle would else be most of what a server hears: it ranks by
 * differences larger than {@link LOAD_STEP}. Told again after {@link STATUS_REPEAT_MS} all the same, since then
 * the server looks at how far away the volunteer is as well.
 */
export class StatusReporter {
  readonly #now: () => number;
  #told: VolunteerStatus | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  isNews(status: VolunteerStatus): boolean {
    const told = this.#told;
    if (!told || this.#now() - this.#toldMs >= STATUS_REPEAT_MS) return true;
    if (told.accepting !== status.accepting || told.maxGamers !== status.maxGamers) return true;
    // An end of the scale says more than its distance.
    const isAtEnd = status.load !== told.load && (status.load === 0 || status.load === 1);
    return isAtEnd || Math.abs(status.load - told.load) >= LOAD_STEP || !areAlike(status.tasks, told.tasks);
  }

  told(status: VolunteerStatus): void {
    this.#told = status;
    this.#toldMs = this.#now();
  }
}

function areAlike(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((task, i) => task === others[i]);
}
