import { HIT, noteHz, PLUCK, type Tone } from './tone.ts';

/** What happened to the player, to be heard at once. */
export type Cue =
  /** `step` counts the multiplier, from 1: orbs in a row sound higher and higher. */
  { kind: 'orb'; step: number } | { kind: 'boost' | 'scrape' | 'touch' | 'lap' | 'overtook' | 'overtaken' | 'call' };

/** MIDI: A5, above the music. */
const ORB_NOTE = 81;
/** Major pentatonic: no two of them sound wrong together. */
const ORB_STEPS = [0, 2, 4, 7, 9, 12, 14, 16] as const;

/** What is heard of it. */
export function tonesOf(cue: Cue): Tone[] {
  switch (cue.kind) {
    case 'orb': {
      const index = Math.min(ORB_STEPS.length, Math.max(1, Math.round(cue.step))) - 1;
      const note = ORB_NOTE + (ORB_STEPS[index] ?? 0);
      return [beep(note, 0, 0.12), beep(note + 12, 0.06, 0.09)];
    }
    case 'boost':
      return [
        { wave: 'noise', fromHz: 400, toHz: 3_200, atS: 0, durationS: 0.45, level: 0.2, envelope: RUSH },
        { wave: 'sawtooth', fromHz: 90, toHz: 260, atS: 0, durationS: 0.35, level: 0.07, envelope: RUSH },
      ];
    case 'scrape':
      return [
        { wave: 'noise', fromHz: 1_800, toHz: 900, atS: 0, durationS: 0.25, level: 0.3, envelope: CRUNCH },
        { wave: 'square', fromHz: 70, toHz: 45, atS: 0, durationS: 0.15, level: 0.12, envelope: HIT },
      ];
    case 'touch':
      return [
        { wave: 'sine', fromHz: 180, toHz: 60, atS: 0, durationS: 0.14, level: 0.3, envelope: HIT },
        { wave: 'noise', fromHz: 2_400, toHz: 1_200, atS: 0, durationS: 0.05, level: 0.16, envelope: HIT },
      ];
    case 'lap':
      return [69, 73, 76, 81].map((note, index) => beep(note, index * 0.09, 0.14));
    case 'overtook':
      return [beep(76, 0, 0.09), beep(81, 0.07, 0.09)];
    case 'overtaken':
      return [beep(69, 0, 0.08), beep(64, 0.08, 0.08)];
    case 'call':
      // A radio opens: its squelch, then two beeps.
      return [
        { wave: 'noise', fromHz: 1_600, toHz: 1_600, atS: 0, durationS: 0.07, level: 0.1, envelope: CRUNCH },
        { ...beep(86, 0.08, 0.07), wave: 'square' },
        { ...beep(83, 0.16, 0.07), wave: 'square' },
      ];
  }
}

const RUSH = { attackS: 0.08, decayS: 0.3, sustain: 0.2, releaseS: 0.3 } as const;
const CRUNCH = { attackS: 0.004, decayS: 0.2, sustain: 0.1, releaseS: 0.06 } as const;

function beep(note: number, atS: number, level: number): Tone {
  const hz = noteHz(note);
  return { wave: 'sine', fromHz: hz, toHz: hz, atS, durationS: 0.07, level, envelope: PLUCK };
}
