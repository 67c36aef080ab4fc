import { MeshError } from '../../../shared/errors.ts';
import type { VolunteerLimits } from '../types.ts';
import type { Condition, Hold } from './condition.ts';

const MINUTES_PER_DAY = 24 * 60;
const DAYS_PER_WEEK = 7;
/** Windows of a week: three a day are more than anybody enters, and each is compared once a minute. */
const MAX_WINDOWS = 3 * DAYS_PER_WEEK;

/** Throws MeshError `bad-input`. */
export function checkHours(hours: VolunteerLimits['hours']): void {
  if (!Array.isArray(hours) || hours.length > MAX_WINDOWS) {
    throw MeshError.badInput(`The limit hours must be a list of at most ${MAX_WINDOWS} windows.`);
  }
  for (const window of hours) {
    const [weekday, from, to] = Array.isArray(window) && window.length === 3 ? window : [-1, 0, 0];
    const isValid = isWithin(weekday, DAYS_PER_WEEK - 1) && isWithin(from, MINUTES_PER_DAY - 1);
    if (!isValid || !isWithin(to, MINUTES_PER_DAY) || from === to) {
      throw MeshError.badInput(
        'Each window of the limit hours must be [weekday 0 to 6 from Sunday, from minute, to minute], such as [1, 1320, 1440].',
      );
    }
  }
}

/**
 * Whether a moment lies in one of the windows, by the local clock as people read it: on a day with a change to or from summer time a
 * window is an hour shorter or longer. One that ends before it begins ends on the next day.
 */
export function isInHours(
  hours: VolunteerLimits['hours'],
  moment: Pick<Date, 'getDay' | 'getHours' | 'getMinutes'>,
): boolean {
  const today = moment.getDay();
  const yesterday = (today + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;
  const minute = moment.getHours() * 60 + moment.getMinutes();
  return hours.some(([weekday, from, to]) => {
    if (from < to) return weekday === today && minute >= from && minute < to;
    return (weekday === today && minute >= from) || (weekday === yesterday && minute < to);
  });
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** Holds back outside the `hours`. Without any it never does. */
export class WeeklyHours implements Condition {
  readonly #today: () => Date;
  #hours: VolunteerLimits['hours'] = [];

  constructor(today: () => Date) {
    this.#today = today;
  }

  get hold(): Hold | null {
    if (this.#hours.length === 0 || isInHours(this.#hours, this.#today())) return null;
    return { limit: 'hours', why: 'outside your hours' };
  }

  apply({ hours }: VolunteerLimits): void {
    this.#hours = hours;
  }
}
