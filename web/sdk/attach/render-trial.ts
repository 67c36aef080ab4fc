/**
 * How long the sharpened picture may fail to come before the full one is drawn again, ms. The first time workers start, codecs are tried and
 * volunteers are introduced.
 */
const FIRST_TRIAL_TIMEOUT_MS = 30_000;
const TRIAL_TIMEOUT_MS = 5_000;
/** Wait before the next trial, ms; doubled after each that failed: a trial shows a small picture for seconds. */
const FIRST_WAIT_MS = 60_000;
const MAX_WAIT_MS = 600_000;

/**
 * Decides when the game may be drawn smaller: only where the sharpened picture takes its place. Where that does not come, a smaller picture
 * would merely be a worse one.
 */
export class RenderTrial {
  /** Since when a small picture is shown unsharpened; null while it is not. */
  #bareSinceMs: number | null = null;
  #timeoutMs = FIRST_TRIAL_TIMEOUT_MS;
  #waitMs = FIRST_WAIT_MS;
  /** When the next trial begins; null during one. */
  #nextMs: number | null = null;

  /**
   * @param isShown - whether the sharpened picture is
   * @param isSuspended - whether it is not even tried now: then it may be missing for any time
   * @returns whether the small picture is to be drawn
   */
  update(nowMs: number, isShown: boolean, isSuspended: boolean): boolean {
    if (this.#nextMs !== null) {
      if (nowMs < this.#nextMs) return false;
      this.#nextMs = null;
    }
    if (isShown || isSuspended) {
      this.#bareSinceMs = null;
      if (isShown) {
        this.#timeoutMs = TRIAL_TIMEOUT_MS;
        this.#waitMs = FIRST_WAIT_MS;
      }
      return true;
    }
    this.#bareSinceMs ??= nowMs;
    if (nowMs - this.#bareSinceMs < this.#timeoutMs) return true;
    this.#bareSinceMs = null;
    this.#nextMs = nowMs + this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, MAX_WAIT_MS);
    return false;
  }

  /** There are other volunteers: the next trial need not wait. */
  helpChanged(): void {
    this.#nextMs = this.#nextMs === null ? null : Number.NEGATIVE_INFINITY;
    this.#bareSinceMs = null;
  }
}
