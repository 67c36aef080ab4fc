import { expect, test } from 'vitest';
import { gainOf, statisticsOf } from './tuning.ts';

const TRUTH = [100, 120, 90, 60, 61, 40];
const BASE = [98, 115, 95, 60, 60, 44];
const CODES = [132, 140, 120, 128, 129, 118];
const TUNING = { gain: 2, weight: 0.7, deadZoneCodes: 1 };
const STATISTICS = statisticsOf(
  Uint16Array.from(TRUTH, (luma) => luma * 256),
  Float32Array.from(BASE),
  Uint8Array.from(CODES),
);

const squares = (shown: readonly number[]) =>
  shown.reduce((total, value, i) => total + (value - (TRUTH[i] ?? 0)) ** 2, 0);

test('sums by code give the gain of the picture that would be composed', () => {
  const { gain, weight, deadZoneCodes } = TUNING;
  const composed = BASE.map((base, i) => {
    const distance = (CODES[i] ?? 0) - 128;
    return base + (Math.abs(distance) > deadZoneCodes ? (weight * distance) / gain : 0);
  });
  const { meanDb, worstDb } = gainOf([STATISTICS], 0, TUNING);
  expect(meanDb).toBeCloseTo(10 * Math.log10(squares(BASE) / squares(composed)), 6);
  expect(worstDb).toBe(meanDb);
});

test('a frame without detail gains nothing, and counts', () => {
  const one = gainOf([STATISTICS], 0, TUNING).meanDb;
  expect(gainOf([STATISTICS], 1, TUNING)).toEqual({ meanDb: one / 2, worstDb: 0 });
});

test('no weight gains nothing', () => {
  expect(gainOf([STATISTICS], 0, { ...TUNING, weight: 0 }).meanDb).toBeCloseTo(0, 9);
});
