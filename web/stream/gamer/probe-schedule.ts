/** Time between two probes of the side that is not running, ms. */
export const PROBE_INTERVAL_MS = 5_000;
/** Frames of a probe: enough for a median, and 2 % of the frames at 60 fps. */
export const PROBE_FRAMES = 5;
/** Largest share of its time that a side spends on probes while the other one runs. */
const MAX_PROBE_DUTY = 0.05;

/**
 * When `auto` measures a side that is not running, since a side that is never measured can never be chosen: a few frames every few
 * seconds, and less often the slower that side is.
 */
export class ProbeSchedule {
  #nextMs = Number.NEGATIVE_INFINITY;
  #framesLeft = 0;

  /**
   * Whether this frame should also go to the other side.
   *
   * @param otherDelayMs - how long a frame takes there; null when unknown.
   */
  wants(nowMs: number, otherDelayMs: number | null): boolean {
    if (nowMs >= this.#nextMs) {
      this.#framesLeft = PROBE_FRAMES;
      const costMs = PROBE_FRAMES * (otherDelayMs ?? 0);
      this.#nextMs = nowMs + Math.max(PROBE_INTERVAL_MS, costMs / MAX_PROBE_DUTY);
    }
    if (this.#framesLeft === 0) return false;
    this.#framesLeft--;
    return true;
  }

  /** Starts a probe with the next frame, because a side is new or has changed. */
  restart(): void {
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}
