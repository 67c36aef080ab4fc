import type { Timing } from '../sdk/types.ts';
import type { Part } from './messages.ts';
import { LOOKAHEAD_S } from './simulation/debris-physics.ts';
import { DRONE_WAIT_S } from './simulation/drone-swarm.ts';
import { STEER_HOLD_S } from './simulation/pilots.ts';

/** Who computed a part of the game recently. */
export interface PartStatus {
  /** A volunteer's id or `local`; `game`: the game's own simpler rules; null: nothing was requested. */
  by: string | null;
  /** Results that came in time, per second. */
  perSecond: number;
  /** Median time of those results; NaN when there is none. */
  medianMs: number;
  /** Why the game computes it itself, as a sentence. */
  why: string;
}

/** A volunteer may first have to fetch the model and the runtime, which takes seconds over a slow line. */
export const TASK_TIMEOUT_MS = 10_000;

/** How long a result is useful to the game: a later one comes too late. */
export const USEFUL_MS: Readonly<Record<Part, number>> = {
  ships: STEER_HOLD_S * 1000,
  drones: DRONE_WAIT_S * 1000,
  debris: LOOKAHEAD_S * 1000,
  hangar: TASK_TIMEOUT_MS,
};

/** How much of the past a status covers: less for parts that are requested all the time. */
export const STATUS_WINDOW_MS: Record<Part, number> = { ships: 2_000, drones: 8_000, debris: 8_000, hangar: 10_000 };
/** Whoever answered in time this recently still counts as doing the work, whatever failed since. */
const STEADY_MS = 1_000;
/** More results than the busiest part has in its window. */
const MAX_RESULTS = 64;

interface Result {
  atMs: number;
  tookMs: number;
  ranOn: string;
}

/** The outcomes of one part's recent requests. */
export class WorkLog {
  readonly #part: Part;
  #results: Result[] = [];
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #why = '';
  /** When the pending request was sent; null when there is none. */
  #requestedAtMs: number | null = null;

  constructor(part: Part) {
    this.#part = part;
  }

  requested(atMs: number): void {
    this.#requestedAtMs = atMs;
  }

  /** A cancelled request is nobody's failure. */
  cancelled(): void {
    this.#requestedAtMs = null;
  }

  completed(atMs: number, { totalMs, ranOn }: Pick<Timing, 'totalMs' | 'ranOn'>): void {
    this.#requestedAtMs = null;
    if (totalMs > USEFUL_MS[this.#part]) {
      this.failed(atMs, 'Results come too late.');
      return;
    }
    this.#results = [...this.#results, { atMs, tookMs: totalMs, ranOn }].slice(-MAX_RESULTS);
  }

  failed(atMs: number, why: string): void {
    this.#requestedAtMs = null;
    this.#failedAtMs = atMs;
    this.#why = why;
  }

  status(nowMs: number): PartStatus {
    const windowMs = STATUS_WINDOW_MS[this.#part];
    this.#results = this.#results.filter(({ atMs }) => nowMs - atMs <= windowMs);
    const last = this.#results.at(-1);
    // One late result among many does not change who does the work.
    const isCurrent = last && (last.atMs >= this.#failedAtMs || nowMs - last.atMs <= STEADY_MS);
    if (last && isCurrent && !this.#isOverdue(nowMs)) {
      const times = this.#results.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
      return {
        by: last.ranOn,
        perSecond: (this.#results.length * 1000) / windowMs,
        medianMs: times[times.length >> 1] ?? Number.NaN,
        why: '',
      };
    }
    const why = this.#fallbackReason(nowMs);
    return { by: why === null ? null : 'game', perSecond: 0, medianMs: Number.NaN, why: why ?? '' };
  }

  /** Null when nothing was requested recently. */
  #fallbackReason(nowMs: number): string | null {
    if (nowMs - this.#failedAtMs <= STATUS_WINDOW_MS[this.#part]) return this.#why;
    return this.#requestedAtMs === null ? null : 'Waiting for a result.';
  }

  #isOverdue(nowMs: number): boolean {
    return this.#requestedAtMs !== null && nowMs - this.#requestedAtMs > USEFUL_MS[this.#part];
  }
}
