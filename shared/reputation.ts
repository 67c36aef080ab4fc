/** Correct results in a row, by one volunteer for one kind of work, below which every result is checked. */
export const PROBATION_RESULTS = 10;

/** Weights of the terms of a volunteer's score; each term is 0..1. See docs/design.md, Coordinator. */
export const RANKING = { history: 0.4, free: 0.3, latency: 0.2, affinity: 0.1 } as const;

/** What the coordinator knows of a volunteer when it ranks it for one gamer. */
export interface RankingFacts {
  /** Tasks that gamers reported as completed and as failed. */
  completed: number;
  failed: number;
  /** 0 (idle) to 1 (full). */
  load: number;
  /** Round trip between the two, ms; before they have a link, the sum of their round trips to the server. */
  latencyMs: number;
  /** 0..1: whether the two have worked together before. */
  affinity: number;
}

/** Score of a volunteer, 0..1: 0.4 history + 0.3 (1 - load) + 0.2 / (1 + latencyMs) + 0.1 affinity. */
export function score({ completed, failed, load, latencyMs, affinity }: RankingFacts): number {
  return (
    RANKING.history * history(completed, failed) +
    RANKING.free * (1 - clamp01(load)) +
    nearness(latencyMs) +
    RANKING.affinity * clamp01(affinity)
  );
}

/** The latency term of the score. */
export function nearness(latencyMs: number): number {
  return RANKING.latency / (1 + Math.max(0, latencyMs));
}

/** Success rate by Laplace's rule of succession: a newcomer starts at one half, so that one early failure does not rule it out. */
function history(completed: number, failed: number): number {
  return (completed + 1) / (completed + failed + 2);
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/**
 * One volunteer's record for one kind of work. Every result is checked until {@link PROBATION_RESULTS} were correct in a row; after n
 * correct results, a result is checked with probability 1/n. Modelled on the adaptive replication of BOINC.
 */
export class CheckStreak {
  /** Correct results in a row, among those that were checked. */
  #right = 0;

  /** Whether to check the next result. */
  isDue(random: () => number): boolean {
    return this.isNew || random() < 1 / this.#right;
  }

  /** Whether the volunteer is on probation: every result is checked. */
  get isNew(): boolean {
    return this.#right < PROBATION_RESULTS;
  }

  /** A checked result was correct. */
  right(): void {
    this.#right++;
  }

  /** A checked result was wrong: probation starts again. */
  wrong(): void {
    this.#right = 0;
  }
}
