/** Converts elapsed time into whole simulation steps, so that the game runs the same at every frame rate. */
export class FixedStep {
  readonly #stepMs: number;
  readonly #maxSteps: number;
  #lastMs: number | null = null;
  #leftMs = 0;

  /** @param maxSteps - per call of `advance`: after a long pause the simulation continues where it was instead of catching up */
  constructor(stepMs: number, maxSteps: number) {
    this.#stepMs = stepMs;
    this.#maxSteps = maxSteps;
  }

  /** Time since the last whole step, ms. */
  get leftMs(): number {
    return this.#leftMs;
  }

  /** @returns the number of steps due at `nowMs` */
  advance(nowMs: number): number {
    this.#leftMs += this.#lastMs === null ? 0 : Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    const due = Math.floor(this.#leftMs / this.#stepMs);
    this.#leftMs = due > this.#maxSteps ? 0 : this.#leftMs - due * this.#stepMs;
    return Math.min(due, this.#maxSteps);
  }

  /** Ignores the time until the next `advance`. */
  skip(): void {
    this.#lastMs = null;
  }
}

/** Animation frames jitter: one that is early by less than this still counts. */
const JITTER_MS = 2;

/** Limits the frame rate, evenly. */
export class FramePacer {
  readonly #intervalMs: number;
  #nextMs = 0;

  constructor(fps: number) {
    this.#intervalMs = 1000 / fps;
  }

  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs - JITTER_MS) return false;
    this.#nextMs = Math.max(this.#nextMs + this.#intervalMs, nowMs);
    return true;
  }
}
