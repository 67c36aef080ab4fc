import { seededRandom } from '../../../shared/seeded-random.ts';
import type { Random } from '../simulation/numbers.ts';
import { HIT, noteHz, PLUCK, SWELL, type Tone } from './tone.ts';

const BEATS_PER_MINUTE = 104;
const STEPS_PER_BAR = 16;
const STEP_S = 60 / BEATS_PER_MINUTE / 4;
/** Bars until the music begins again. */
export const LOOP_BARS = 16;
export const BAR_S = STEPS_PER_BAR * STEP_S;

/** Natural minor, half tones above the root. */
const SCALE = [0, 2, 3, 5, 7, 8, 10] as const;
/** MIDI. Low enough for a bass, and in the middle of what a laptop's speakers give two octaves higher. */
const ROOT = 45;
/** Degrees of the scale, a chord a bar. All begin at home and lead back to it. */
const PROGRESSIONS = [
  [0, 5, 2, 6],
  [0, 3, 5, 4],
  [0, 2, 5, 6],
  [0, 6, 5, 4],
] as const;
/** Steps of the melody's figure that sound. */
const FIGURE_NOTES = 7;
/** The music is to stay behind the engine and the effects, as shares of full scale. */
const LEVELS = { bass: 0.11, pad: 0.028, figure: 0.05, kick: 0.16, hat: 0.02 } as const;

/** Music that is made from a seed: a bass, chords, a figure and a beat, {@link LOOP_BARS} bars that repeat. The same seed gives the same music. */
export class Score {
  readonly #progression: readonly number[];
  readonly #figures: readonly (readonly (number | null)[])[];
  readonly #bass: readonly boolean[];

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#progression = pick(PROGRESSIONS, random);
    this.#figures = [figure(random), figure(random)];
    this.#bass = Array.from(
      { length: STEPS_PER_BAR },
      (_, step) => step % 4 === 0 || (step % 2 === 0 && random() < 0.6),
    );
  }

  /** What begins within a bar, counted from 0 without end, with times after the bar's beginning. */
  bar(index: number): Tone[] {
    const bar = index % LOOP_BARS;
    const degree = this.#progression[bar % this.#progression.length] ?? 0;
    return [
      ...this.#bassTones(degree),
      ...padTones(degree),
      // The first quarter of the loop is without it, so that it does not tire.
      ...(bar < LOOP_BARS / 4 ? [] : this.#figureTones(degree, bar)),
      ...beatTones(bar),
    ];
  }

  #bassTones(degree: number): Tone[] {
    const hz = noteHz(pitchOf(degree) - 12);
    return this.#bass.flatMap((sounds, step) =>
      sounds ? [tone('triangle', hz, step, { durationS: STEP_S * 1.5, level: LEVELS.bass, envelope: PLUCK })] : [],
    );
  }

  #figureTones(degree: number, bar: number): Tone[] {
    const notes = this.#figures[Math.floor(bar / 4) % this.#figures.length] ?? [];
    return notes.flatMap((above, step) =>
      above === null
        ? []
        : [
            tone('square', noteHz(pitchOf(degree + above) + 24), step, {
              ...{ durationS: STEP_S * 0.8, level: LEVELS.figure, envelope: PLUCK },
            }),
          ],
    );
  }
}

/** Three notes of the scale, held for the bar. */
function padTones(degree: number): Tone[] {
  return [0, 2, 4].map((above) =>
    tone('sawtooth', noteHz(pitchOf(degree + above) + 12), 0, {
      ...{ durationS: BAR_S - SWELL.releaseS / 2, level: LEVELS.pad, envelope: SWELL },
    }),
  );
}

function beatTones(bar: number): Tone[] {
  const kicks = [0, 4, 8, 12].map((step) => ({
    ...tone('sine', 120, step, { durationS: 0.12, level: LEVELS.kick, envelope: HIT }),
    toHz: 45,
  }));
  const isBreak = bar % 8 === 7;
  const hats = [2, 6, 10, 14].map((step) =>
    tone('noise', 8_000, step, { durationS: 0.03, level: LEVELS.hat, envelope: HIT }),
  );
  return isBreak ? hats : [...kicks, ...hats];
}

/** Notes of a chord in an order of its own, with rests; half tones are chosen by the chord. */
function figure(random: Random): (number | null)[] {
  const steps: (number | null)[] = Array.from({ length: STEPS_PER_BAR }, () => null);
  for (let notes = 0; notes < FIGURE_NOTES; notes++) {
    steps[Math.floor(random() * STEPS_PER_BAR)] = pick([0, 2, 4, 7], random);
  }
  return steps;
}

function tone(
  wave: Tone['wave'],
  hz: number,
  step: number,
  rest: Pick<Tone, 'durationS' | 'level' | 'envelope'>,
): Tone {
  return { wave, fromHz: hz, toHz: hz, atS: step * STEP_S, ...rest };
}

/** MIDI note of a degree of the scale, also beyond the octave. */
function pitchOf(degree: number): number {
  const octave = Math.floor(degree / SCALE.length);
  return ROOT + 12 * octave + (SCALE[degree % SCALE.length] ?? 0);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from.');
  return item;
}
