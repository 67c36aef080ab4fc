import type { Job, Runner } from './job.ts';

/**
 * Why an attempt was made on its runner: the job's `where` `asked` for it; it was the `only-choice`; it was predicted to finish
 * `sooner` than the others; a `retry` after a failed attempt; a `hedge` beside one that was late or silent; an `exploration`, to
 * measure the runner.
 */
export const PLACEMENTS = ['asked', 'only-choice', 'sooner', 'retry', 'hedge', 'exploration'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** Results by where they were computed and why there. */
export type PlacementCounts = Record<'local' | 'volunteers', Record<Placement, number>>;

/** The placement of a first attempt. */
export function firstPlacement({ where }: Job, candidates: readonly Runner[]): Placement {
  if (where !== 'auto') return 'asked';
  return candidates.length > 1 ? 'sooner' : 'only-choice';
}

/** Why a job needs another attempt. */
export type RedispatchCause = 'silent' | 'late' | 'failed' | 'returned' | 'lost' | 'barred';

/** A job was restarted or duplicated on another runner. */
export interface Redispatch {
  /** Runner of the previous attempt: a volunteer's id, or `local`. */
  ranOn: string;
  cause: RedispatchCause;
  /** Time from noticing that to the start of another attempt, ms. */
  delayMs: number;
}

/** Counts since the dispatcher was made. */
export interface DispatchCounts {
  /** Attempts beside one that was late or silent. */
  hedged: number;
  /** Attempts after one that ended without a result. */
  redispatched: number;
  ranLocally: number;
  ranOnVolunteers: number;
  /** Results by where they were computed and why there. */
  placements: PlacementCounts;
}

/** Counts attempts and results. */
export class DispatchCounter {
  readonly #counts: DispatchCounts;

  constructor() {
    const zeros = () => Object.fromEntries(PLACEMENTS.map((placement) => [placement, 0])) as Record<Placement, number>;
    this.#counts = {
      hedged: 0,
      redispatched: 0,
      ranLocally: 0,
      ranOnVolunteers: 0,
      placements: { local: zeros(), volunteers: zeros() },
    };
  }

  /** A snapshot. */
  get counts(): DispatchCounts {
    const { placements, ...others } = this.#counts;
    return { ...others, placements: { local: { ...placements.local }, volunteers: { ...placements.volunteers } } };
  }

  attemptStarted(placement: Placement): void {
    if (placement === 'hedge') this.#counts.hedged++;
    if (placement === 'retry') this.#counts.redispatched++;
  }

  jobDone(where: 'local' | 'volunteers', placement: Placement): void {
    if (where === 'local') this.#counts.ranLocally++;
    else this.#counts.ranOnVolunteers++;
    this.#counts.placements[where][placement]++;
  }
}

export interface DispatcherEvents {
  /** A volunteer gave a valid result, or failed. */
  onVolunteerResult(volunteerId: string, succeeded: boolean): void;
  onRedispatch(redispatch: Redispatch): void;
}
