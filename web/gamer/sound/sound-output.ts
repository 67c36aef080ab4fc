import { DelayCourse, MAX_DELAY_S } from './delay-course.ts';

/** A level that changes within this time does not click, s. */
const FADE_S = 0.02;
/** From the drawing of a frame to the glass: it is shown with the next picture of a screen of 60 Hz, which takes the screen half of one, ms. */
const SHOWING_MS = 17;

/** What is heard, as a track. */
export interface RecordedSound {
  track: MediaStreamTrack;
  release(): void;
}

/** Where the sound of a source is heard: late by as much as the picture, at the person's volume. It owns its audio context. */
export class SoundOutput {
  /** Sources play into this. */
  readonly input: AudioNode;
  readonly #context = new AudioContext({ latencyHint: 'interactive' });
  readonly #delay = new DelayNode(this.#context, { maxDelayTime: MAX_DELAY_S });
  readonly #course = new DelayCourse();
  /** Hides a jump of the delay. */
  readonly #cover = new GainNode(this.#context);
  readonly #volume = new GainNode(this.#context, { gain: 0 });

  constructor() {
    this.input = this.#delay;
    this.#delay.connect(this.#cover).connect(this.#volume).connect(this.#context.destination);
  }

  /** @param volume - 0 to 1, as people hear it */
  setVolume(volume: number): void {
    // Loudness grows more slowly than the level does.
    this.#volume.gain.setTargetAtTime(volume ** 2, this.#context.currentTime, FADE_S);
  }

  /** @param pictureDelayMs - from the capture of a frame until it is drawn; 0 where the source itself is shown */
  follow(pictureDelayMs: number): void {
    const { currentTime: nowS, state } = this.#context;
    const lateMs = pictureDelayMs > 0 ? pictureDelayMs + SHOWING_MS - this.#latencyMs : 0;
    const change = this.#course.follow(lateMs / 1_000, nowS, state !== 'running');
    const { delayTime } = this.#delay;
    if (change.kind === 'slew') {
      delayTime.cancelScheduledValues(nowS);
      delayTime.setValueAtTime(change.fromS, nowS);
      delayTime.linearRampToValueAtTime(change.toS, change.endsAtS);
    } else if (change.kind === 'jump') {
      const { gain } = this.#cover;
      gain.cancelScheduledValues(nowS);
      gain.setValueAtTime(gain.value, nowS);
      gain.linearRampToValueAtTime(0, nowS + FADE_S);
      gain.linearRampToValueAtTime(1, nowS + 2 * FADE_S);
      delayTime.cancelScheduledValues(nowS);
      delayTime.setValueAtTime(change.toS, nowS + FADE_S);
    }
  }

  /** A suspended context computes nothing, and its time stands still. */
  run(isRunning: boolean): void {
    // Rejects when it is closed meanwhile, and never settles where the browser does not allow sound yet.
    (isRunning ? this.#context.resume() : this.#context.suspend()).catch(() => {});
  }

  /** What is heard, at full volume, as a track, until it is released. Null where the browser makes none. */
  record(): RecordedSound | null {
    const node = new MediaStreamAudioDestinationNode(this.#context);
    const [track] = node.stream.getAudioTracks();
    if (!track) return null;
    this.#cover.connect(node);
    const release = () => {
      track.stop();
      this.#cover.disconnect(node);
    };
    return { track, release };
  }

  /** Gives the audio hardware back. */
  close(): void {
    void this.#context.close();
  }

  /** From the graph to the ears. Safari knows only a part of it. */
  get #latencyMs(): number {
    return 1_000 * (this.#context.outputLatency || this.#context.baseLatency || 0);
  }
}
