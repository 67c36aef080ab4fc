import { STREAM } from '../tuning.ts';

/** Longest share of its time a side spends on trials while the other one runs. */
const TRIAL_DUTY = 0.05;

/**
 * When `auto` tries the side that is not running: what is never measured can never be chosen. A few frames every few seconds, and
 * rarer the slower that side is.
 */
export class ProbeSchedule {
  #nextMs = Number.NEGATIVE_INFINITY;
  #framesLeft = 0;

  /** Should this frame also go to the other side? `otherDelayMs`: what a frame takes there, null when not known. */
  wants(nowMs: number, otherDelayMs: number | null): boolean {
    if (nowMs >= this.#nextMs) {
      this.#framesLeft = STREAM.trialFrames;
      const costMs = STREAM.trialFrames * (otherDelayMs ?? 0);
      this.#nextMs = nowMs + Math.max(STREAM.trialIntervalMs, costMs / TRIAL_DUTY);
    }
    if (this.#framesLeft === 0) return false;
    this.#framesLeft--;
    return true;
  }

  /** The next frame starts a trial: a side is new, or it changed. */
  restart(): void {
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }
}
