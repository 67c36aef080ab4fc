import { expect, test } from 'vitest';
import { checkHours, isInHours } from './weekly-hours.ts';

const at = (day: number, hours: number, minutes = 0) => ({
  getDay: () => day,
  getHours: () => hours,
  getMinutes: () => minutes,
});

test('a window begins with its first minute and ends before its last', () => {
  const hours: [number, number, number][] = [[1, 9 * 60, 17 * 60 + 30]];
  expect([at(1, 8, 59), at(1, 9), at(1, 17, 29), at(1, 17, 30), at(2, 12)].map((it) => isInHours(hours, it))).toEqual([
    ...[false, true, true, false, false],
  ]);
});

test('a window over midnight ends on the next day, also from Saturday to Sunday', () => {
  const hours: [number, number, number][] = [[6, 22 * 60, 6 * 60]];
  expect([at(6, 21, 59), at(6, 23), at(0, 5, 59), at(0, 6), at(6, 5)].map((it) => isInHours(hours, it))).toEqual([
    ...[false, true, true, false, false],
  ]);
});

test('a whole day is a window to its last minute, and one of several windows is enough', () => {
  expect(isInHours([[3, 0, 1_440]], at(3, 23, 59))).toBe(true);
  const two: [number, number, number][] = [
    [3, 0, 60],
    [3, 600, 660],
  ];
  expect([at(3, 0, 30), at(3, 5), at(3, 10, 30)].map((it) => isInHours(two, it))).toEqual([true, false, true]);
});

test('summer time changes the length of a window, not the clock times at which it begins and ends', () => {
  // In Berlin 2:00 became 3:00 on 29 March 2026, and 3:00 became 2:00 on 25 October; both are Sundays.
  const hours: [number, number, number][] = [[0, 60, 240]];
  const minutesInHours = (date: string) => {
    const startMs = Date.parse(`${date}T00:00:00Z`) - 3 * 3_600_000;
    let minutes = 0;
    for (let minute = 0; minute < 12 * 60; minute++) {
      if (isInHours(hours, inBerlin(new Date(startMs + minute * 60_000)))) minutes++;
    }
    return minutes;
  };
  expect(minutesInHours('2026-03-22')).toBe(180);
  expect(minutesInHours('2026-03-29')).toBe(120);
  expect(minutesInHours('2026-10-25')).toBe(240);
});

function inBerlin(moment: Date) {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...({ timeZone: 'Europe/Berlin', weekday: 'short', hour: '2-digit', minute: '2-digit' } as const),
  });
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(parts.weekday ?? '');
  return at(day, Number(parts.hour), Number(parts.minute));
}

test('windows that do not exist are refused', () => {
  expect(() => checkHours([[0, 0, 1_440]])).not.toThrow();
  const wrong: unknown[] = [[7, 0, 60], [1, -1, 60], [1, 60, 60], [1, 0, 1_441], [1, 0.5, 60], [1, 0], 'Monday', null];
  for (const window of wrong) {
    expect(() => checkHours([window as [number, number, number]]), String(window)).toThrow('weekday');
  }
  expect(() => checkHours(Array(22).fill([0, 0, 60]))).toThrow('at most');
});
