import { clamp, lerp } from '../simulation/numbers.ts';
import type { RaceSound } from './race-listener.ts';

/** How the engine sounds. */
export interface EngineTone {
  hz: number;
  /** Above this much of the waves is taken away, Hz: faster is brighter. */
  cutoffHz: number;
  /** Shares of full scale. */
  engineLevel: number;
  windLevel: number;
  /** -1 left to 1 right. */
  pan: number;
}

/** Hz at a crawl and at the highest speed: more than an octave, so that speed is heard without looking. */
const PITCH_HZ = { slow: 48, fast: 124 } as const;
const CUTOFF_HZ = { slow: 220, fast: 1_400 } as const;
const ENGINE_LEVEL = { slow: 0.07, fast: 0.1 } as const;
const WIND_LEVEL = 0.05;
/** A boost raises the pitch by this factor beyond what its speed does: it is heard before the craft is faster. */
const BOOST_FACTOR = 1.12;
const MAX_PAN = 0.35;

/** What the engine sounds like at a moment of the race. */
export function engineTone({ speedShare, isBoosting, steer }: Omit<RaceSound, 'cues'>): EngineTone {
  const speed = clamp(speedShare, 0, 1);
  const boost = isBoosting ? BOOST_FACTOR : 1;
  return {
    hz: boost * PITCH_HZ.slow * (PITCH_HZ.fast / PITCH_HZ.slow) ** speed,
    cutoffHz: boost * CUTOFF_HZ.slow * (CUTOFF_HZ.fast / CUTOFF_HZ.slow) ** speed,
    engineLevel: lerp(ENGINE_LEVEL.slow, ENGINE_LEVEL.fast, speed),
    // Air resistance grows with the square of the speed.
    windLevel: WIND_LEVEL * speed ** 2,
    pan: MAX_PAN * clamp(steer, -1, 1),
  };
}

/** Detuned against each other, two waves beat slowly, as two engines do. */
const DETUNE_CENTS = 9;
const WIND_HZ = 900;
/** Time constant with which everything follows the race, s: a jump clicks. */
const FOLLOW_S = 0.06;

/** The engine, from when it is made until it is disposed. */
export class EngineVoice {
  readonly #oscillators: readonly OscillatorNode[];
  readonly #wind: AudioBufferSourceNode;
  readonly #filter: BiquadFilterNode;
  readonly #engineGain: GainNode;
  readonly #windGain: GainNode;
  readonly #panner: StereoPannerNode;

  /** @param noise - white noise, repeated */
  constructor(destination: AudioNode, noise: AudioBuffer) {
    const { context } = destination;
    const { hz, cutoffHz } = engineTone({ speedShare: 0, isBoosting: false, steer: 0 });
    this.#panner = new StereoPannerNode(context);
    this.#filter = new BiquadFilterNode(context, { type: 'lowpass', frequency: cutoffHz, Q: 2 });
    this.#engineGain = new GainNode(context, { gain: 0 });
    this.#windGain = new GainNode(context, { gain: 0 });
    this.#filter.connect(this.#engineGain).connect(this.#panner).connect(destination);
    this.#oscillators = [-DETUNE_CENTS, DETUNE_CENTS].map((detune) => {
      const oscillator = new OscillatorNode(context, { type: 'sawtooth', frequency: hz, detune });
      oscillator.connect(this.#filter);
      oscillator.start();
      return oscillator;
    });
    this.#wind = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
    this.#wind
      .connect(new BiquadFilterNode(context, { type: 'bandpass', frequency: WIND_HZ, Q: 0.6 }))
      .connect(this.#windGain)
      .connect(this.#panner);
    this.#wind.start();
  }

  follow(tone: EngineTone): void {
    const nowS = this.#panner.context.currentTime;
    const glide = (param: AudioParam, value: number) => param.setTargetAtTime(value, nowS, FOLLOW_S);
    for (const { frequency } of this.#oscillators) glide(frequency, tone.hz);
    glide(this.#filter.frequency, tone.cutoffHz);
    glide(this.#engineGain.gain, tone.engineLevel);
    glide(this.#windGain.gain, tone.windLevel);
    glide(this.#panner.pan, tone.pan);
  }

  dispose(): void {
    for (const source of [...this.#oscillators, this.#wind]) {
      source.stop();
      source.disconnect();
    }
    this.#panner.disconnect();
  }
}
