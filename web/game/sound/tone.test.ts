import { expect, it } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { type Cue, tonesOf } from './cues.ts';
import { type Envelope, lengthS, levelsOf, noteHz, type Tone } from './tone.ts';

const ENVELOPE: Envelope = { attackS: 0.01, decayS: 0.1, sustain: 0.5, releaseS: 0.2 };

const toneOf = (durationS: number, envelope = ENVELOPE): Tone => ({
  ...{ wave: 'sine', fromHz: 440, toHz: 440, atS: 0, level: 0.8 },
  durationS,
  envelope,
});

const CUES: readonly Cue[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((step) => ({ kind: 'orb', step }) as const),
  ...(['boost', 'scrape', 'touch', 'lap', 'overtook', 'overtaken', 'call'] as const).map((kind) => ({ kind })),
];

it('a tone rises to its level, falls to what it holds, and ends at nothing', () => {
  const levels = levelsOf(toneOf(1));
  expect(levels.map(([timeS]) => timeS)).toEqual([0, 0.01, expect.closeTo(0.11), 1, 1.2]);
  expect(levels.map(([, level]) => level)).toEqual([0, 0.8, expect.closeTo(0.4), expect.closeTo(0.4), 0]);
});

it('however short its parts are, a tone begins and ends at nothing, never jumps and never exceeds its level', () => {
  const random = seededRandom(1);
  for (let tries = 0; tries < 100; tries++) {
    const [attackS = 0, decayS = 0, releaseS = 0, durationS = 0] = Array.from({ length: 4 }, () => random() ** 4);
    const levels = levelsOf(toneOf(durationS, { attackS, decayS, releaseS, sustain: random() }));
    expect([levels[0]?.[1], levels.at(-1)?.[1]]).toEqual([0, 0]);
    for (const [at, [timeS, level]] of levels.entries()) {
      const [earlierS, earlier] = levels[at - 1] ?? [Number.NEGATIVE_INFINITY, level];
      expect(level).toBeLessThanOrEqual(0.8 + 1e-9);
      expect(level).toBeGreaterThanOrEqual(0);
      expect(timeS).toBeGreaterThanOrEqual(earlierS);
      // A jump within less than a millisecond is heard as a click.
      if (Math.abs(level - earlier) > 0.05) expect(timeS - earlierS).toBeGreaterThan(0.000_1);
    }
  }
});

it('A4 is 440 Hz, and an octave is a factor of two', () => {
  expect([noteHz(69), noteHz(81), noteHz(57)]).toEqual([440, 880, 220]);
});

it.each(CUES)('the effect of $kind $step is short and not louder than the limiter is made for', (cue) => {
  const tones = tonesOf(cue);
  expect(tones.length).toBeGreaterThan(0);
  for (const tone of tones) {
    expect(lengthS(tone)).toBeLessThan(1);
    expect(Math.min(tone.fromHz, tone.toHz)).toBeGreaterThan(20);
    expect(Math.max(tone.fromHz, tone.toHz)).toBeLessThan(12_000);
  }
  expect(tones.reduce((sum, { level }) => sum + level, 0)).toBeLessThan(0.7);
});

it('orbs in a row sound higher and higher', () => {
  const pitches = CUES.filter(({ kind }) => kind === 'orb').map((cue) => tonesOf(cue)[0]?.fromHz ?? 0);
  expect(pitches).toEqual([...new Set(pitches)].sort((a, b) => a - b));
});
