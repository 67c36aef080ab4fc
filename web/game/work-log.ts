import type { Timing } from '../sdk/types.ts';
import type { Part } from './messages.ts';
import { STRETCH_S } from './simulation/debris-physics.ts';
import { GAME_WORK } from './tuning.ts';

/** Who did a part of the game in the last moments. */
export interface WorkTold {
  /** A volunteer's id, or `local`; `game`: the game itself, with nobody's help; null: nothing was asked. */
  by: string | null;
  /** Answers that came in time. */
  perSecond: number;
  /** Of a typical one; NaN without any. */
  typicalMs: number;
  /** Why the game does it itself, as a sentence. */
  why: string;
}

interface Done {
  atMs: number;
  tookMs: number;
  ranOn: string;
}

/** Past this an answer is of no use to the game any more, which then does the part itself. */
const USEFUL_MS: Record<Part, number> = {
  ships: GAME_WORK.steerHoldS * 1000,
  drones: GAME_WORK.droneWaitS * 1000,
  debris: STRETCH_S * 1000,
  hangar: GAME_WORK.timeoutMs,
};

/** What became of the last questions of one part. */
export class WorkLog {
  readonly #part: Part;
  #done: Done[] = [];
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #why = '';
  /** Since when a question has waited for its answer; null: none does. */
  #askedAtMs: number | null = null;

  constructor(part: Part) {
    this.#part = part;
  }

  asked(atMs: number): void {
    this.#askedAtMs = atMs;
  }

  /** One that was withdrawn: nobody is to blame. */
  withdrawn(): void {
    this.#askedAtMs = null;
  }

  done(atMs: number, { totalMs, ranOn }: Pick<Timing, 'totalMs' | 'ranOn'>): void {
    this.#askedAtMs = null;
    if (totalMs > USEFUL_MS[this.#part]) {
      this.failed(atMs, 'Answers come too late.');
      return;
    }
    this.#done = [...this.#done, { atMs, tookMs: totalMs, ranOn }].slice(-GAME_WORK.maxRemembered);
  }

  failed(atMs: number, why: string): void {
    this.#askedAtMs = null;
    this.#failedAtMs = atMs;
    this.#why = why;
  }

  told(nowMs: number): WorkTold {
    this.#done = this.#done.filter(({ atMs }) => nowMs - atMs <= GAME_WORK.windowMs[this.#part]);
    const last = this.#done.at(-1);
    // One late answer among many does not change who does the work.
    const isLatest = last && (last.atMs >= this.#failedAtMs || nowMs - last.atMs <= GAME_WORK.steadyMs);
    if (last && isLatest && !this.#isLate(nowMs)) {
      const times = this.#done.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
      return {
        by: last.ranOn,
        perSecond: (this.#done.length * 1000) / GAME_WORK.windowMs[this.#part],
        typicalMs: times[times.length >> 1] ?? Number.NaN,
        why: '',
      };
    }
    const why = this.#whyNobody(nowMs);
    return { by: why === null ? null : 'game', perSecond: 0, typicalMs: Number.NaN, why: why ?? '' };
  }

  /** Null: nothing was asked lately. */
  #whyNobody(nowMs: number): string | null {
    if (nowMs - this.#failedAtMs <= GAME_WORK.windowMs[this.#part]) return this.#why;
    return this.#askedAtMs === null ? null : 'Waiting for an answer.';
  }

  #isLate(nowMs: number): boolean {
    return this.#askedAtMs !== null && nowMs - this.#askedAtMs > USEFUL_MS[this.#part];
  }
}
