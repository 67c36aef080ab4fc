import { describe, expect, it } from 'vitest';
import type { Cue } from './cues.ts';
import { GameSound } from './game-sound.ts';
import type { RaceSound } from './race-listener.ts';

const SAMPLE_RATE = 44_100;
/** As often as the race tells of itself. */
const STEP_S = 0.05;
/** Loudness is judged over this time (ITU-R BS.1770, momentary). */
const WINDOW_S = 0.4;

const CUES: readonly Cue[] = [
  { kind: 'orb', step: 3 },
  ...(['boost', 'scrape', 'touch', 'lap', 'overtook', 'overtaken', 'call'] as const).map((kind) => ({ kind })),
];

const quiet = (speedShare: number): RaceSound => ({ speedShare, isBoosting: false, steer: 0, cues: [] });

/** Renders what the game sounds like; null: nobody calls then, as while the game is paused. */
async function rendered(seconds: number, at: (timeS: number) => RaceSound | null): Promise<Float32Array[]> {
  const context = new OfflineAudioContext({
    numberOfChannels: 2,
    length: seconds * SAMPLE_RATE,
    sampleRate: SAMPLE_RATE,
  });
  const sound = new GameSound(context.destination, 1);
  for (let timeS = 0; timeS < seconds; timeS += STEP_S) {
    void context.suspend(timeS).then(() => {
      const heard = at(timeS);
      if (heard) sound.hear(heard);
      return context.resume();
    });
  }
  const buffer = await context.startRendering();
  sound.dispose();
  return [buffer.getChannelData(0), buffer.getChannelData(1)];
}

const peakOf = (channels: readonly Float32Array[]) =>
  channels.reduce((peak, samples) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), peak), 0);

/** Level of each window, dB of full scale, both channels together. */
function levelsDb(channels: readonly Float32Array[]): number[] {
  const size = WINDOW_S * SAMPLE_RATE;
  const windows = Math.floor((channels[0]?.length ?? 0) / size);
  return Array.from({ length: windows }, (_, window) => {
    const parts = channels.map((samples) => samples.subarray(window * size, (window + 1) * size));
    const energy = parts.map((part) => part.reduce((sum, sample) => sum + sample ** 2, 0) / part.length);
    return 10 * Math.log10(energy.reduce((sum, one) => sum + one, 0) / energy.length + 1e-12);
  });
}

/** The largest step from one sample to the next: a click is one of much more than what tones make. */
const stepOf = ([samples = new Float32Array()]: readonly Float32Array[]) =>
  samples.reduce((most, sample, index) => Math.max(most, Math.abs(sample - (samples[index - 1] ?? sample))), 0);

describe('the game, rendered', () => {
  it('is heard all the time and never clips, at every speed, with everything that happens', async () => {
    const channels = await rendered(24, (timeS) => {
      const speedShare = 0.5 - 0.5 * Math.cos(timeS);
      const cue = CUES[Math.floor(timeS * 2) % CUES.length];
      const isCue = Math.abs(timeS * 2 - Math.round(timeS * 2)) < STEP_S / 2 && cue;
      return { speedShare, isBoosting: timeS % 6 > 4, steer: Math.sin(timeS), cues: isCue ? [cue] : [] };
    });
    const levels = levelsDb(channels);
    expect(peakOf(channels)).toBeLessThan(0.95);
    expect(Math.min(...levels)).toBeGreaterThan(-45);
    expect(Math.max(...levels)).toBeLessThan(-10);
  });

  it('stays below full scale where everything happens at once, again and again', async () => {
    const channels = await rendered(6, () => ({ speedShare: 1, isBoosting: true, steer: 0, cues: [...CUES] }));
    expect(peakOf(channels)).toBeLessThan(1);
    expect(Math.max(...levelsDb(channels))).toBeLessThan(-6);
  });

  it('is quiet while nothing happens, and begins without a click', async () => {
    const channels = await rendered(8, () => quiet(0.3));
    expect(Math.max(...levelsDb(channels))).toBeLessThan(-16);
    expect(stepOf(channels.map((samples) => samples.subarray(0, SAMPLE_RATE / 100)))).toBeLessThan(0.05);
  });

  it('makes no more music once the race stands still', async () => {
    const channels = await rendered(14, (timeS) => (timeS < 3 ? quiet(0) : null));
    const levels = levelsDb(channels);
    // The engine's last tone stays: whoever pauses the game suspends the context.
    const [during, after] = [levels.slice(2, 6), levels.slice(-8)].map((part) => Math.max(...part));
    expect(after).toBeLessThan((during ?? 0) - 1);
  });
});
