/** Early by less than this still counts: the screen's clock trembles. */
const SLACK_MS = 2;

/** Lets through at most so many of a screen's frames a second, evenly. */
export class FramePacer {
  readonly #intervalMs: number;
  #nextMs = 0;

  constructor(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs - SLACK_MS) return false;
    this.#nextMs = Math.max(this.#nextMs + this.#intervalMs, nowMs);
    return true;
  }
}
