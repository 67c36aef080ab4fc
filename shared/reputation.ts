/** Correct results in a row, by one volunteer for one kind of work, below which every result is checked. */
export const PROBATION_RESULTS = 10;

/** Weights of the coordinator's score of a volunteer, terms in 0..1 (DESIGN §4). */
export const RANKING = { history: 0.4, free: 0.3, latency: 0.2, affinity: 0.1 } as const;

/** What is known of a volunteer when it is ranked for one gamer. */
export interface RankingFacts {
  completed: number;
  failed: number;
  /** 0 idle .. 1 full. */
  load: number;
  /** Round trip between the two, ms; the sum of both sockets' round trips while there is no link yet. */
  latencyMs: number;
  /** 0..1: have these two worked together before, or on the same network? */
  affinity: number;
}

/** DESIGN §4: 0.4 history + 0.3 (1 - load) + 0.2 / (1 + latencyMs) + 0.1 affinity, in 0..1. */
export function score({ completed, failed, load, latencyMs, affinity }: RankingFacts): number {
  return (
    RANKING.history * history(completed, failed) +
    RANKING.free * (1 - clamp01(load)) +
    nearness(latencyMs) +
    RANKING.affinity * clamp01(affinity)
  );
}

/** The part of the score that distance has. */
export function nearness(latencyMs: number): number {
  return RANKING.latency / (1 + Math.max(0, latencyMs));
}

/** Laplace's rule of succession: a newcomer counts as even odds, so one early failure does not condemn it. */
function history(completed: number, failed: number): number {
  return (completed + 1) / (completed + failed + 2);
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/**
 * One volunteer's record at one kind of work, after the adaptive replication of BOINC: everything is checked until
 * {@link PROBATION_RESULTS} were right in a row, then one in as many as were right.
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
    return this.#right < PROBATION_RESULTS;
  }

  right(): void {
    this.#right++;
  }

  /** Back to the start. */
  wrong(): void {
    this.#right = 0;
  }
}
