import type { VolunteerStatus } from '../../shared/signaling.ts';

/** How often a volunteer considers reporting its status, ms: ranking needs seconds, not frames. */
export const STATUS_INTERVAL_MS = 2_000;
/** A smaller change of the load (0..1) is not reported: it moves a score by only a hundredth or two. */
export const LOAD_STEP = 0.05;
/** An unchanged status is repeated this often, ms: with every heartbeat (25 s) the server knows the volunteer's latency better. */
export const STATUS_REPEAT_MS = 30_000;

/**
 * Decides whether a volunteer's status is worth reporting. Otherwise thousands of idle volunteers would make up most of a server's
 * traffic, although it ranks by larger differences than {@link LOAD_STEP}. An unchanged status is repeated after
 * {@link STATUS_REPEAT_MS}, since each report makes the server consider the volunteer's distance as well.
 */
export class StatusReporter {
  readonly #now: () => number;
  #last: VolunteerStatus | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param now - monotonic time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  isDue(status: VolunteerStatus): boolean {
    const last = this.#last;
    if (!last || this.#now() - this.#lastMs >= STATUS_REPEAT_MS) return true;
    if (last.accepting !== status.accepting || last.maxGamers !== status.maxGamers) return true;
    // Becoming idle or full matters, however small the step.
    const isAtEnd = status.load !== last.load && (status.load === 0 || status.load === 1);
    return isAtEnd || Math.abs(status.load - last.load) >= LOAD_STEP || !isEqual(status.tasks, last.tasks);
  }

  reported(status: VolunteerStatus): void {
    this.#last = status;
    this.#lastMs = this.#now();
  }
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((task, i) => task === others[i]);
}
