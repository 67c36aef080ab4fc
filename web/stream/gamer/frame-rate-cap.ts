/** Lets at most so many frames a second through, evenly, whatever the jitter of the source. */
export class FrameRateCap {
  #intervalMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  set fps(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  /** A frame half an interval early still counts as the due one: a 60 Hz source is never thinned by a cap of 60. */
  admits(nowMs: number): boolean {
    if (nowMs < this.#dueMs - this.#intervalMs / 2) return false;
    // After a pause the schedule starts anew instead of letting the missed frames through in a burst.
    const isBehind = nowMs - this.#dueMs > this.#intervalMs;
    this.#dueMs = (isBehind ? nowMs : this.#dueMs) + this.#intervalMs;
    return true;
  }
}
