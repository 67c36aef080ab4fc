/** A coder that takes frames and gives none for this long stands still, ms. */
const STALL_MS = 1_000;
/** The same before the first frame has come out, ms: a busy machine may start a coder slowly. */
const START_STALL_MS = 2_000;
/** The longest step of a wait that counts, ms: while a page is frozen, or its machine asleep, nothing stands still. */
const LONGEST_STEP_MS = 250;
/** Frames that must have gone in: a single one may take any time, such as the first of a slow machine. */
const MIN_FRAMES_WAITING = 2;

/**
 * Watches something that takes frames and gives each one out again. It is asked whenever a frame is to go in, so it needs no timer: without
 * frames nothing stands still.
 */
export class StallWatch {
  readonly #limits: { startMs: number; laterMs: number };
  #hasStarted = false;
  #waiting = 0;
  #waitedMs = 0;
  #askedMs: number | null = null;

  constructor(limits = { startMs: START_STALL_MS, laterMs: STALL_MS }) {
    this.#limits = limits;
  }

  /** A frame went in. */
  frameIn(): void {
    this.#waiting++;
  }

  /** Something came out; `waiting` frames are still inside. */
  frameOut(waiting: number): void {
    this.#hasStarted = true;
    this.#waiting = waiting;
    this.#waitedMs = 0;
    this.#askedMs = null;
  }

  /** Whether frames went in and none has come out for too long. */
  isStalled(nowMs: number): boolean {
    if (this.#waiting < MIN_FRAMES_WAITING) return false;
    if (this.#askedMs !== null) this.#waitedMs += Math.min(nowMs - this.#askedMs, LONGEST_STEP_MS);
    this.#askedMs = nowMs;
    const { startMs, laterMs } = this.#limits;
    return this.#waitedMs >= (this.#hasStarted ? laterMs : startMs);
  }
}
