import { expect, it } from 'vitest';
import { BAR_S, LOOP_BARS, Score } from './score.ts';
import { lengthS, noteHz, type Tone } from './tone.ts';

const SEEDS = Array.from({ length: 5 }, (_, seed) => seed);

const loopOf = (seed: number): Tone[][] => {
  const score = new Score(seed);
  return Array.from({ length: LOOP_BARS }, (_, bar) => score.bar(bar));
};

/** Half tones above A; NaN for what is no note. */
const pitchClassOf = ({ wave, fromHz, toHz }: Tone): number => {
  if (wave === 'noise' || fromHz !== toHz) return Number.NaN;
  const halfTones = 12 * Math.log2(fromHz / noteHz(45));
  expect(halfTones).toBeCloseTo(Math.round(halfTones), 6);
  return ((Math.round(halfTones) % 12) + 12) % 12;
};

it('the same seed gives the same music, and most others another', () => {
  expect(loopOf(3)).toEqual(loopOf(3));
  expect(new Set(SEEDS.map((seed) => JSON.stringify(loopOf(seed)))).size).toBeGreaterThan(3);
});

it('the music repeats without end', () => {
  const score = new Score(5);
  expect(score.bar(LOOP_BARS)).toEqual(score.bar(0));
  expect(score.bar(1_000_003)).toEqual(score.bar(1_000_003 % LOOP_BARS));
});

it.each(SEEDS)('every note of seed %i is of one minor scale, begins within its bar and soon ends', (seed) => {
  const minor = new Set([0, 2, 3, 5, 7, 8, 10]);
  for (const tone of loopOf(seed).flat()) {
    const pitchClass = pitchClassOf(tone);
    if (!Number.isNaN(pitchClass)) expect(minor).toContain(pitchClass);
    expect(tone.atS).toBeGreaterThanOrEqual(0);
    expect(tone.atS).toBeLessThan(BAR_S);
    expect(lengthS(tone)).toBeLessThan(1.5 * BAR_S);
  }
});

it.each(SEEDS)('a bar of seed %i holds few tones, and what sounds together stays quiet', (seed) => {
  const bars = loopOf(seed);
  for (const tones of bars) {
    expect(tones.length).toBeGreaterThan(5);
    expect(tones.length).toBeLessThan(60);
    for (const { atS } of tones) {
      const together = tones.filter((tone) => tone.atS <= atS && lengthS(tone) > atS);
      expect(together.reduce((sum, { level }) => sum + level, 0)).toBeLessThan(0.6);
    }
  }
});

it('the loop has parts: a melody that comes later, and bars without the beat', () => {
  const bars = loopOf(1);
  const has = (wave: Tone['wave']) => bars.map((tones) => tones.some((tone) => tone.wave === wave));
  expect(has('square').slice(0, 4)).toEqual([false, false, false, false]);
  expect(has('square').slice(4)).not.toContain(false);
  expect(has('sine').filter((sounds) => !sounds)).toHaveLength(2);
});
