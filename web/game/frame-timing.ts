/** Turns passing time into whole steps of the simulation, so that it runs the same at every frame rate. */
export class FixedStep {
  readonly #stepMs: number;
  readonly #maxSteps: number;
  #lastMs: number | null = null;
  #leftMs = 0;

  /** @param maxSteps - at once: after a hidden or busy while the game goes on where it was rather than catch up. */
  constructor(stepMs: number, maxSteps: number) {
    this.#stepMs = stepMs;
    this.#maxSteps = maxSteps;
  }

  /** Time that passed beyond the last whole step, ms. */
  get leftMs(): number {
    return this.#leftMs;
  }

  /** @returns how many steps are due at `nowMs`. */
  advance(nowMs: number): number {
    this.#leftMs += this.#lastMs === null ? 0 : Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    const due = Math.floor(this.#leftMs / this.#stepMs);
    this.#leftMs = due > this.#maxSteps ? 0 : this.#leftMs - due * this.#stepMs;
    return Math.min(due, this.#maxSteps);
  }

  /** The time until the next `advance` does not count. */
  skip(): void {
    this.#lastMs = null;
  }
}

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
