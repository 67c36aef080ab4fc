import { canBecome, type StreamSize, shrunk } from '../frame-size.ts';

/** With fewer bits a game's picture is a smear: 170 kb/s for 640x360 at 30 fps, 690 kb/s for 1280x720. Below it frames are skipped. */
export const MIN_BITS_PER_PIXEL = 0.025;
/** Below this frame rate motion is no longer perceived as such; smaller frames are sent instead. */
export const MIN_SENT_FPS = 10;
/** Multiple of the required rate that the rate must have before more frames are sent. */
const RECOVERY_MARGIN = 1.3;
/** How long it must have that. */
export const MORE_FRAMES_AFTER_MS = 500;
/** How long another send size must be called for. A change costs a keyframe. */
export const SMALLER_AFTER_MS = 1_000;
export const LARGER_AFTER_MS = 3_000;
/** Divisors of the send size. */
const SIZE_DIVISORS = [1, 1.5, 2] as const;
/** Tolerance when rounding to whole frames, since the intervals of a source vary. */
const ROUNDING_TOLERANCE = 0.1;
/** A frame may be sent this share of the source's interval early. */
const EARLY_SHARE = 0.25;

/** Rates of both directions, and the source's frame interval. */
export interface LinkRates {
  uplinkKbps: number;
  /** Null until the volunteer has reported it. */
  downlinkKbps: number | null;
  sourceIntervalMs: number;
}

interface Adaptation {
  /** Every n-th frame is sent. */
  every: number;
  /** Divisor of the send size. */
  divisor: number;
}

/**
 * Adapts what a volunteer is sent to the rates of both directions: first only every n-th frame, evenly spaced, then also
 * smaller frames, which the volunteer enlarges by more. It sends fewer frames at once, smaller ones after a second, and recovers only after the
 * rate has been sufficient for a while. Skipped frames are not upscaled locally instead: such a picture would be newer than those in flight and make each of them late.
 */
export class SendAdaptation {
  readonly #fullSize: StreamSize;
  readonly #divisors: readonly number[];
  #current: Adaptation = { every: 1, divisor: 1 };
  #sourceIntervalMs = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  /** Since when more frames could be sent; null: not at the moment. */
  #moreFramesSinceMs: number | null = null;
  /** Since when another size is called for; null: not at the moment. */
  #otherSizeSinceMs: number | null = null;

  constructor(fullSize: StreamSize) {
    this.#fullSize = fullSize;
    this.#divisors = SIZE_DIVISORS.filter((divisor) => canBecome(shrunk(fullSize, divisor), fullSize));
  }

  /** Size to encode frames at, pixels. */
  get size(): { width: number; height: number } {
    return shrunk(this.#fullSize, this.#current.divisor);
  }

  /** Time between two frames to send, ms; 0 while every frame is sent. */
  get intervalMs(): number {
    return this.#current.every === 1 ? 0 : this.#current.every * this.#sourceIntervalMs;
  }

  /** Whether the current frame is to be sent rather than skipped. */
  isDue(nowMs: number): boolean {
    return nowMs - this.#lastSentMs >= this.intervalMs - EARLY_SHARE * this.#sourceIntervalMs;
  }

  sent(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  adapt(rates: LinkRates, nowMs: number): void {
    this.#sourceIntervalMs = rates.sourceIntervalMs;
    const affordable = this.#affordable(rates, 1);
    const comfortable = this.#affordable(rates, RECOVERY_MARGIN);
    this.#adaptSize(affordable.divisor, comfortable.divisor, nowMs);
    if (affordable.every > this.#current.every) {
      this.#current.every = affordable.every;
      this.#moreFramesSinceMs = null;
    } else this.#recoverFrameRate(comfortable.every < this.#current.every, nowMs);
  }

  #recoverFrameRate(isPossible: boolean, nowMs: number): void {
    this.#moreFramesSinceMs = isPossible ? (this.#moreFramesSinceMs ?? nowMs) : null;
    if (this.#moreFramesSinceMs === null || nowMs - this.#moreFramesSinceMs < MORE_FRAMES_AFTER_MS) return;
    this.#current.every--;
    this.#moreFramesSinceMs = null;
  }

  #adaptSize(affordable: number, comfortable: number, nowMs: number): void {
    const { divisor } = this.#current;
    const isTooLarge = affordable > divisor;
    if (!isTooLarge && comfortable >= divisor) {
      this.#otherSizeSinceMs = null;
      return;
    }
    this.#otherSizeSinceMs ??= nowMs;
    if (nowMs - this.#otherSizeSinceMs < (isTooLarge ? SMALLER_AFTER_MS : LARGER_AFTER_MS)) return;
    this.#current.divisor = isTooLarge ? affordable : comfortable;
    this.#otherSizeSinceMs = null;
  }

  /** @param margin - by which factor the rates must exceed what is needed. */
  #affordable({ uplinkKbps, downlinkKbps, sourceIntervalMs }: LinkRates, margin: number): Adaptation {
    const sourceFps = 1000 / sourceIntervalMs;
    const maxEvery = Math.max(1, Math.floor(sourceFps / MIN_SENT_FPS + ROUNDING_TOLERANCE));
    const affordableFps = (kbps: number, width: number, height: number) =>
      (1000 * kbps) / (margin * MIN_BITS_PER_PIXEL * width * height);
    const uplinkFps = (divisor: number) =>
      affordableFps(uplinkKbps, this.#fullSize.width / divisor, this.#fullSize.height / divisor);
    const { outWidth, outHeight } = this.#fullSize;
    const downlinkFps = affordableFps(downlinkKbps ?? Number.POSITIVE_INFINITY, outWidth, outHeight);
    const divisor = this.#divisors.find((by) => uplinkFps(by) * maxEvery >= sourceFps) ?? this.#divisors.at(-1) ?? 1;
    const every = Math.ceil(sourceFps / Math.min(uplinkFps(this.#current.divisor), downlinkFps) - ROUNDING_TOLERANCE);
    return { every: Math.min(Math.max(1, every), maxEvery), divisor };
  }
}
