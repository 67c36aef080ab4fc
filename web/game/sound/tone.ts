/** How loud a tone is over its time: up, down to what it holds, and out. */
export interface Envelope {
  attackS: number;
  decayS: number;
  /** What it holds after the decay, as a share of the tone's level. */
  sustain: number;
  releaseS: number;
}

/** One sound of a note or an effect, as data. */
export interface Tone {
  /** `noise` is white; `fromHz` and `toHz` are then the middle of a band of it. */
  wave: OscillatorType | 'noise';
  fromHz: number;
  /** Where the pitch glides to by the end. */
  toHz: number;
  /** After the beginning of what it belongs to. */
  atS: number;
  /** Until the release begins. */
  durationS: number;
  /** Peak, as a share of full scale. */
  level: number;
  envelope: Envelope;
}

export const PLUCK: Envelope = { attackS: 0.005, decayS: 0.12, sustain: 0.25, releaseS: 0.12 };
export const SWELL: Envelope = { attackS: 0.4, decayS: 0.4, sustain: 0.7, releaseS: 0.6 };
export const HIT: Envelope = { attackS: 0.003, decayS: 0.08, sustain: 0, releaseS: 0.02 };

/** A wave's jump from nothing to a level clicks; this much time does not, s. */
const SHORTEST_RAMP_S = 0.003;

/**
 * Levels of a tone at times after its beginning, to be joined by straight lines. They begin and end at nothing, so a tone never clicks, and
 * times only grow: a tone that is shorter than its attack reaches what it can by then.
 */
export function levelsOf({ level, durationS, envelope }: Tone): [timeS: number, level: number][] {
  const attackS = Math.max(SHORTEST_RAMP_S, envelope.attackS);
  const decayS = Math.max(SHORTEST_RAMP_S, envelope.decayS);
  const releaseS = Math.max(SHORTEST_RAMP_S, envelope.releaseS);
  const heldS = Math.max(SHORTEST_RAMP_S, durationS);
  const held = level * envelope.sustain;
  const end: [number, number] = [heldS + releaseS, 0];
  if (heldS <= attackS) return [[0, 0], [heldS, (level * heldS) / attackS], end];
  const decayed = Math.min(1, (heldS - attackS) / decayS);
  const atRelease = level + (held - level) * decayed;
  const decayEndS = Math.min(heldS, attackS + decayS);
  const levels: [number, number][] = [
    [0, 0],
    [attackS, level],
    [decayEndS, atRelease],
  ];
  if (heldS > decayEndS) levels.push([heldS, held]);
  return [...levels, end];
}

/** Time that a tone takes in all, s. */
export function lengthS(tone: Tone): number {
  return tone.atS + (levelsOf(tone).at(-1)?.[0] ?? 0);
}

/** Equal temperament, with A4 (69) at 440 Hz (MIDI 1.0). */
export function noteHz(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12);
}
