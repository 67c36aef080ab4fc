import { logger } from '../../shared/log.ts';

const log = logger('compute.gpu-clock');

/** Implausible times in a row after which a GPU's clock is given up: single ones come with a change of its power state. */
export const MAX_IMPLAUSIBLE = 5;

/** Wait, ms, after which a time of 0 is implausible: the browser adds 5 to 15 ms to an answer, and rounds the GPU's times to 0.1 ms. */
const LONG_WAIT_MS = 50;

/** Coarseness, ms, of the engine's clock in some browsers. */
const TOLERANCE_MS = 1;

/**
 * Checks what a GPU says of how long it computed. The limit that a person set for it rests on that, and drivers are known that stamp passes with 0
 * or with times that go backwards.
 */
export class GpuClock {
  readonly #now: () => number;
  #implausible = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isTrusted(): boolean {
    return this.#implausible < MAX_IMPLAUSIBLE;
  }

  /**
   * How long the GPU computed for work whose result has just arrived, ms: what it says, where that can be; else the time since the work was started or
   * since the last result, as GPUs work in order.
   *
   * @param saidMs - null: it does not tell.
   */
  spentMs(saidMs: number | null, startMs: number): number {
    const nowMs = this.#now();
    const waitedMs = Math.max(0, nowMs - startMs);
    const aloneMs = Math.max(0, nowMs - Math.max(startMs, this.#endedAtMs));
    this.#endedAtMs = nowMs;
    const isPlausible =
      saidMs !== null && saidMs <= waitedMs + TOLERANCE_MS && (saidMs > 0 || waitedMs < LONG_WAIT_MS) && this.isTrusted;
    if (isPlausible) {
      this.#implausible = 0;
      return saidMs;
    }
    this.#implausible++;
    if (this.#implausible === MAX_IMPLAUSIBLE) log.warn('the clock of the GPU is wrong', { saidMs, waitedMs });
    return aloneMs;
  }
}
