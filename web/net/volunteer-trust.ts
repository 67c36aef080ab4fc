import { setNewest } from '../../shared/bounded-map.ts';
import type { MeshError } from '../../shared/errors.ts';
import { logger, shortId } from '../../shared/log.ts';
import { CheckStreak } from '../../shared/reputation.ts';
import type { AccusedWork } from '../../shared/signaling.ts';
import { Listeners } from './listeners.ts';

const log = logger('net.trust');

/** Volunteers that are remembered. One that is forgotten is a newcomer again, as it would be under another id. */
const MAX_REMEMBERED = 4_096;

export interface BarredVolunteer {
  volunteerId: string;
  /** What the wrong answer was for. */
  work: AccusedWork;
  error: MeshError;
}

/**
 * The trust one gamer puts in each volunteer. Tasks and streams share it: a volunteer that answers either of them wrongly gets no more
 * work of any kind while this object lives. How many answers are checked depends on the volunteer's {@link CheckStreak} at that kind of
 * work.
 */
export class VolunteerTrust {
  /** Emits once per volunteer, when it is barred. */
  readonly barred = new Listeners<BarredVolunteer>();
  readonly #random: () => number;
  /** By volunteer id, then by kind of work, of which there are as many as this gamer has. */
  readonly #streaks = new Map<string, Map<string, CheckStreak>>();
  /** A map, of which {@link setNewest} forgets the oldest. */
  readonly #barredIds = new Map<string, true>();
  #wrongAnswers = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Wrong answers reported so far, of tasks and streams together. */
  get wrongAnswers(): number {
    return this.#wrongAnswers;
  }

  /** Whether the volunteer's next answer to this kind of work has to be checked. */
  isCheckDue(volunteerId: string, kind: string): boolean {
    return this.#streaks.get(volunteerId)?.get(kind)?.isDue(this.#random) ?? true;
  }

  isBarred(volunteerId: string): boolean {
    return this.#barredIds.has(volunteerId);
  }

  /** A checked answer was right. */
  right(volunteerId: string, kind: string): void {
    const streaks = this.#streaks.get(volunteerId) ?? new Map<string, CheckStreak>();
    const streak = streaks.get(kind) ?? new CheckStreak();
    streak.right();
    streaks.set(kind, streak);
    setNewest(this.#streaks, volunteerId, streaks, MAX_REMEMBERED);
  }

  /** A checked answer was wrong. Bars the volunteer; listeners of {@link barred} have run when this returns. */
  wrong(answer: BarredVolunteer): void {
    const { volunteerId } = answer;
    this.#wrongAnswers++;
    if (this.#barredIds.has(volunteerId)) return;
    setNewest(this.#barredIds, volunteerId, true, MAX_REMEMBERED);
    this.#streaks.delete(volunteerId);
    log.warn('barred', { volunteer: shortId(volunteerId), work: answer.work, reason: answer.error.reason });
    this.barred.emit(answer);
  }
}
