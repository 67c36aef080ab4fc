import { STREAM } from '../tuning.ts';

/** Weight of the newest interval between frames. */
const SMOOTHING = 0.25;
/** A rate that differs by less is not worth telling the encoder. */
const HYSTERESIS = 1.4;

/**
 * The frame rate an encoder should reckon with: the one frames really come at. An encoder shares its bitrate among the frames it was
 * told to expect; where only a tenth of them come, each would get a tenth of what it could have.
 */
export class RateFollower {
  #maxFps: number;
  #fps: number;
  #intervalUs: number | null = null;
  #lastUs: number | null = null;

  /** @param maxFps - what the stream was set up for, and where the rate starts. */
  constructor(maxFps: number) {
    this.#maxFps = maxFps;
    this.#fps = maxFps;
  }

  get fps(): number {
    return this.#fps;
  }

  set maxFps(maxFps: number) {
    this.#maxFps = maxFps;
    this.#fps = Math.min(this.#fps, maxFps);
  }

  /** A frame comes; returns whether the rate changed. */
  frame(timestampUs: number): boolean {
    const lastUs = this.#lastUs;
    this.#lastUs = timestampUs;
    if (lastUs === null || timestampUs <= lastUs) return false;
    const sampleUs = timestampUs - lastUs;
    this.#intervalUs =
      this.#intervalUs === null ? sampleUs : this.#intervalUs + SMOOTHING * (sampleUs - this.#intervalUs);
    const fps = Math.min(Math.max(1e6 / this.#intervalUs, STREAM.minEncoderFps), this.#maxFps);
    const isFull = fps === this.#maxFps && this.#fps < fps;
    if (!isFull && fps < this.#fps * HYSTERESIS && fps > this.#fps / HYSTERESIS) return false;
    this.#fps = fps;
    return true;
  }
}
