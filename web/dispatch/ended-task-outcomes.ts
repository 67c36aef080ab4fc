import { type Clock, TIMER_GRAIN_MS } from '../../shared/clock.ts';
import type { FinalOutcome } from './job.ts';
import { retainedBytes } from './retained-bytes.ts';

/** How long and how many results are kept for `getResult` after their tasks ended. */
export const ENDED_TASK_LIMITS = {
  keptMs: 60_000,
  maxCount: 1_024,
  /** Four of the largest pictures. */
  maxBytes: 256 * 1024 * 1024,
} as const;

/** What an entry takes beside its result. */
const ENTRY_BYTES = 512;

interface KeptResult {
  outcome: FinalOutcome<unknown>;
  sizeBytes: number;
  endedMs: number;
}

/**
 * The outcomes of ended tasks by id, for `getResult`. Bounded by age, number and bytes. As all are kept equally long, the oldest goes
 * first and one timer is enough; lru-cache sets one for each entry, which costs more than the rest of a small task.
 */
export class EndedTaskOutcomes {
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptResult>();
  #sizeBytes = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(id: string, outcome: FinalOutcome<unknown>): void {
    const sizeBytes = retainedBytes(outcome.kind === 'done' ? outcome.result : outcome.error.message) + ENTRY_BYTES;
    this.#kept.set(id, { outcome, sizeBytes, endedMs: this.#clock.now() });
    this.#sizeBytes += sizeBytes;
    while (this.#kept.size > ENDED_TASK_LIMITS.maxCount || this.#sizeBytes > ENDED_TASK_LIMITS.maxBytes)
      this.#forgetOldest();
    if (this.#cancelTimer === null) this.#scheduleExpiry();
  }

  get(id: string): FinalOutcome<unknown> | undefined {
    return this.#kept.get(id)?.outcome;
  }

  clear(): void {
    this.#kept.clear();
    this.#sizeBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** A timer, because pictures that nobody fetches must not stay in memory. */
  #scheduleExpiry(): void {
    const [oldest] = this.#kept.values();
    this.#cancelTimer = null;
    if (!oldest) return;
    const waitMs = oldest.endedMs + ENDED_TASK_LIMITS.keptMs - this.#clock.now();
    this.#cancelTimer = this.#clock.after(Math.max(0, waitMs), () => {
      const expiredMs = this.#clock.now() + TIMER_GRAIN_MS - ENDED_TASK_LIMITS.keptMs;
      for (const { endedMs } of this.#kept.values()) {
        if (endedMs > expiredMs) break;
        this.#forgetOldest();
      }
      this.#scheduleExpiry();
    });
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept;
    if (!oldest) return;
    const [id, { sizeBytes }] = oldest;
    this.#kept.delete(id);
    this.#sizeBytes -= sizeBytes;
  }
}
