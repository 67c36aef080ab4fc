import { setNewest } from '../../shared/bounded-map.ts';
import { PROBATION_RESULTS } from '../../shared/reputation.ts';

/** When one volunteer may confirm another's result. */
export const CROSS_CHECK = {
  /** Answers that this machine itself found right before a volunteer may confirm others: as many as end its own probation. */
  confirmedHere: PROBATION_RESULTS,
  /** Between the first links to two volunteers that may confirm each other: several that connect at once probably belong to one person. */
  apartMs: 60_000,
  /** Volunteers remembered. Whoever is forgotten is a newcomer again. */
  maxVolunteers: 4_096,
} as const;

interface History {
  metMs: number;
  confirmedHere: number;
}

/**
 * Who may confirm whose results. Two volunteers that work together can confirm each other's wrong results, so only those may confirm
 * that this machine has checked often enough by itself, and that came at another time.
 */
export class CrossCheckEligibility {
  /** By volunteer id, in the order in which they came. */
  readonly #histories = new Map<string, History>();

  /** A link to the volunteer opened. Only its first one counts. */
  linkOpened(volunteerId: string, nowMs: number): void {
    if (this.#histories.has(volunteerId)) return;
    setNewest(this.#histories, volunteerId, { metMs: nowMs, confirmedHere: 0 }, CROSS_CHECK.maxVolunteers);
  }

  /** This machine itself found an answer of the volunteer right. */
  confirmedHere(volunteerId: string): void {
    const history = this.#histories.get(volunteerId);
    if (history) history.confirmedHere++;
  }

  mayConfirm(volunteerId: string, resultOf: string): boolean {
    const [confirming, checked] = [this.#histories.get(volunteerId), this.#histories.get(resultOf)];
    if (volunteerId === resultOf || !confirming || !checked) return false;
    const apartMs = Math.abs(confirming.metMs - checked.metMs);
    return confirming.confirmedHere >= CROSS_CHECK.confirmedHere && apartMs >= CROSS_CHECK.apartMs;
  }
}
