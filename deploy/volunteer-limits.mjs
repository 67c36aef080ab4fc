/** The largest `maxGamers` that shared/signaling.ts accepts. */
const MOST_GAMERS = 64;

/** Days as flags name them, in the order of `Date.getDay`. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTES_PER_DAY = 24 * 60;

/**
 * @typedef {import('../web/sdk/types.ts').VolunteerLimits} Limits
 * @typedef {{ [flag: string]: string | boolean | string[] | undefined }} Values
 */

/**
 * The limits among the flags of `npm run volunteer`.
 * @param {Values} values
 * @param {string[]} problems gets a sentence for each flag that is wrong
 * @returns {Partial<Limits>} only what the flags say
 */
export function readLimits(values, problems) {
  /**
   * @param {string} flag
   * @param {(value: number) => boolean} isValid
   * @param {string} wanted
   */
  const number = (flag, isValid, wanted) => {
    const value = values[flag];
    if (typeof value !== 'string') return undefined;
    if (value !== '' && isValid(Number(value))) return Number(value);
    problems.push(`--${flag} is "${value}": it must be ${wanted}.`);
    return undefined;
  };
  const limits = {
    maxGamers: number(
      'max-gamers',
      (value) => Number.isInteger(value) && value >= 1 && value <= MOST_GAMERS,
      `a whole number from 1 to ${MOST_GAMERS}`,
    ),
    gpuShare: number('gpu-share', (value) => value > 0 && value <= 1, 'a number above 0, up to 1, such as 0.25'),
    pauseBelowBattery: number(
      'pause-below-battery',
      (value) => value >= 0 && value <= 1,
      'a number from 0 to 1, such as 0.3',
    ),
    dataMBPerDay: number(
      'data-mb-per-day',
      (value) => value >= 0 && Number.isFinite(value),
      'a number of megabytes; 0 is no limit',
    ),
    onlyWhenIdle: values['only-when-idle'],
    pauseOnBattery: values['pause-on-battery'],
    keepAwake: values['keep-awake'],
    acceptModelsFrom: Array.isArray(values['accept-models-from'])
      ? readOrigins(values['accept-models-from'], problems)
      : undefined,
    acceptDialogue: values['no-dialogue'] ? false : undefined,
    hours: Array.isArray(values.hours) ? readHours(values.hours, problems) : undefined,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/**
 * @param {readonly string[]} addresses whose paths do not matter
 * @param {string[]} problems
 * @returns {string[]}
 */
function readOrigins(addresses, problems) {
  return addresses.flatMap((address) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url?.protocol === 'https:') return url.origin;
    problems.push(`--accept-models-from is "${address}": it must be an address such as https://models.example.`);
    return [];
  });
}

/**
 * @param {readonly string[]} windows such as `mon-fri 20:00-08:00`
 * @param {string[]} problems
 * @returns {Limits['hours']}
 */
function readHours(windows, problems) {
  return windows.flatMap((window) => {
    const [, days = '', fromText = '', toText = ''] = /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)$/.exec(window) ?? [];
    const weekdays = days.toLowerCase().split(',').flatMap(weekdaysOf);
    const [from, to] = [minuteOf(fromText), minuteOf(toText)];
    const isValid = weekdays.every((day) => day >= 0) && from < MINUTES_PER_DAY && to <= MINUTES_PER_DAY && from !== to;
    if (!isValid) {
      problems.push(`--hours is "${window}": it must be days and times, such as "mon-fri 20:00-08:00".`);
      return [];
    }
    return weekdays.map((day) => /** @type {[number, number, number]} */ ([day, from, to]));
  });
}

/**
 * @param {string} days a day, or the first and the last of several, which may go over the end of a week
 * @returns {number[]} -1 for one that does not exist
 */
function weekdaysOf(days) {
  const [first = -1, last = first] = days.split('-').map((day) => DAYS.indexOf(day));
  if (first < 0 || last < 0) return [-1];
  const count = ((last - first + DAYS.length) % DAYS.length) + 1;
  return Array.from({ length: count }, (_, i) => (first + i) % DAYS.length);
}

/** @param {string} time */
function minuteOf(time) {
  const [hours = Number.NaN, minutes = Number.NaN] = time.split(':').map(Number);
  return minutes < 60 ? hours * 60 + minutes : Number.NaN;
}
