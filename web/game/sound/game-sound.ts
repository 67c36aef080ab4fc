import { seededRandom } from '../../../shared/seeded-random.ts';
import { type Cue, tonesOf } from './cues.ts';
import { EngineVoice, engineTone } from './engine-voice.ts';
import type { RaceSound } from './race-listener.ts';
import { BAR_S, Score } from './score.ts';
import { lengthS, levelsOf, type Tone } from './tone.ts';

/** The engine and the effects are louder than the music. */
const LEVELS = { music: 0.55, effects: 0.8 } as const;
/** Tones of effects at a time. More at once are not told apart. */
const MAX_EFFECT_TONES = 24;
/** A bar is laid out this long before it begins, s: the page may be busy meanwhile. */
const AHEAD_S = 0.5;
const NOISE_S = 1;
/** How narrow the band of a tone of noise is. */
const NOISE_Q = 0.9;
/**
 * Catches what adds up by chance. Its knee begins where the loudest moments of a race are, so it mostly does nothing; the attack is shorter
 * than any effect's.
 */
const LIMITER: DynamicsCompressorOptions = { threshold: -12, knee: 6, ratio: 12, attack: 0.002, release: 0.15 };

/** The sound of the game, synthesised: engine, effects and music. It has no timer: the race drives it. */
export class GameSound {
  readonly #context: BaseAudioContext;
  readonly #limiter: DynamicsCompressorNode;
  readonly #music: GainNode;
  readonly #effects: GainNode;
  readonly #noise: AudioBuffer;
  readonly #engine: EngineVoice;
  readonly #score: Score;
  readonly #sounding = new Set<AudioScheduledSourceNode>();
  #effectTones = 0;
  #nextBar = 0;
  #nextBarS: number;

  /**
   * @param destination - where it is heard; of any context, also one that renders offline.
   * @param seed - of the music: the same seed gives the same
   */
  constructor(destination: AudioNode, seed: number) {
    const { context } = destination;
    this.#context = context;
    this.#limiter = new DynamicsCompressorNode(context, LIMITER);
    this.#limiter.connect(destination);
    this.#music = new GainNode(context, { gain: LEVELS.music });
    this.#music.connect(this.#limiter);
    this.#effects = new GainNode(context, { gain: LEVELS.effects });
    this.#effects.connect(this.#limiter);
    this.#noise = whiteNoise(context, seed);
    this.#engine = new EngineVoice(this.#effects, this.#noise);
    this.#score = new Score(seed);
    this.#nextBarS = context.currentTime;
  }

  /** The race goes on: call it many times a second. */
  hear({ cues, ...engine }: RaceSound): void {
    this.#engine.follow(engineTone(engine));
    for (const cue of cues) this.play(cue);
    this.#playMusic();
  }

  /** Plays an effect, unless too many sound already. */
  play(cue: Cue): void {
    const nowS = this.#context.currentTime;
    for (const tone of tonesOf(cue)) {
      if (this.#effectTones >= MAX_EFFECT_TONES) return;
      this.#effectTones++;
      this.#sound(tone, nowS, this.#effects, () => this.#effectTones--);
    }
  }

  dispose(): void {
    this.#engine.dispose();
    for (const source of this.#sounding) source.stop();
    for (const node of [this.#music, this.#effects, this.#limiter]) node.disconnect();
  }

  #playMusic(): void {
    const nowS = this.#context.currentTime;
    // After a time in which nobody called, the music goes on where it was.
    this.#nextBarS = Math.max(this.#nextBarS, nowS);
    if (this.#nextBarS > nowS + AHEAD_S) return;
    for (const tone of this.#score.bar(this.#nextBar)) this.#sound(tone, this.#nextBarS, this.#music, () => {});
    this.#nextBar++;
    this.#nextBarS += BAR_S;
  }

  #sound(tone: Tone, baseS: number, destination: AudioNode, onEnded: () => void): void {
    const startS = baseS + tone.atS;
    const { source, output, pitch } = this.#source(tone);
    const gain = new GainNode(this.#context, { gain: 0 });
    for (const [timeS, level] of levelsOf(tone)) gain.gain.linearRampToValueAtTime(level, startS + timeS);
    pitch.setValueAtTime(tone.fromHz, startS);
    if (tone.toHz !== tone.fromHz) pitch.exponentialRampToValueAtTime(tone.toHz, startS + tone.durationS);
    output.connect(gain).connect(destination);
    this.#sounding.add(source);
    source.addEventListener('ended', () => {
      this.#sounding.delete(source);
      gain.disconnect();
      onEnded();
    });
    source.start(startS);
    source.stop(baseS + lengthS(tone));
  }

  #source({ wave }: Tone): { source: AudioScheduledSourceNode; output: AudioNode; pitch: AudioParam } {
    if (wave !== 'noise') {
      const source = new OscillatorNode(this.#context, { type: wave });
      return { source, output: source, pitch: source.frequency };
    }
    const source = new AudioBufferSourceNode(this.#context, { buffer: this.#noise, loop: true });
    const output = new BiquadFilterNode(this.#context, { type: 'bandpass', Q: NOISE_Q });
    source.connect(output);
    return { source, output, pitch: output.frequency };
  }
}

function whiteNoise(context: BaseAudioContext, seed: number): AudioBuffer {
  const random = seededRandom(seed);
  const length = Math.ceil(NOISE_S * context.sampleRate);
  const buffer = new AudioBuffer({ length, sampleRate: context.sampleRate });
  buffer.getChannelData(0).forEach((_, at, samples) => {
    samples[at] = random() * 2 - 1;
  });
  return buffer;
}
