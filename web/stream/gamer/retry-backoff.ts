import { setNewest } from '../../../shared/bounded-map.ts';
import { RETRY_AFTER_MS } from '../settings.ts';

/** Longest wait, ms: a machine that has recovered is missed, and asking it costs some frames each time it has not. */
export const MAX_RETRY_AFTER_MS = 120_000;
/** Failures that are remembered: more than a room has volunteers and codecs. The oldest are forgotten. */
const MAX_REMEMBERED = 256;

interface Failure {
  waitMs: number;
  retryAtMs: number;
}

/**
 * When what failed may be tried again: after {@link RETRY_AFTER_MS}, and after twice as long each time it fails again, up to
 * {@link MAX_RETRY_AFTER_MS}. What did not fail for that long starts anew.
 */
export class RetryBackoff {
  readonly #now: () => number;
  readonly #failures = new Map<string, Failure>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether this has failed and must wait. */
  has(key: string): boolean {
    return this.#now() < (this.#failures.get(key)?.retryAtMs ?? Number.NEGATIVE_INFINITY);
  }

  /** @param countsAsFailure - whether it cost frames, so that the wait doubles; false: it was refused before it did. */
  failed(key: string, { countsAsFailure }: { countsAsFailure: boolean }): void {
    const nowMs = this.#now();
    const last = this.#failures.get(key);
    const lastWaitMs = last && nowMs < last.retryAtMs + MAX_RETRY_AFTER_MS ? last.waitMs : 0;
    const doubledMs = Math.min(Math.max(2 * lastWaitMs, RETRY_AFTER_MS), MAX_RETRY_AFTER_MS);
    // A refusal does not make what failed before worse, nor forgotten.
    const waitMs = countsAsFailure ? doubledMs : lastWaitMs;
    const retryAtMs = nowMs + (countsAsFailure ? waitMs : RETRY_AFTER_MS);
    setNewest(this.#failures, key, { waitMs, retryAtMs }, MAX_REMEMBERED);
  }
}
