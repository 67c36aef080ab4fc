import { type Clock, TIMER_GRAIN_MS } from '../../shared/clock.ts';
import type { MeshError } from '../../shared/errors.ts';
import { TASKS } from './tuning.ts';

export type Settled = { ok: true; value: unknown } | { ok: false; error: MeshError };

interface Kept {
  settled: Settled;
  sizeBytes: number;
  keptMs: number;
}

/**
 * Ended tasks by id, for a while: `getResult` may be asked after the end. Bounded by age, number and bytes. As all are kept equally
 * long, the oldest goes first, and one timer is enough (lru-cache sets one per entry, which cost more than the rest of a small task).
 */
export class KeptResults {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #sizeBytes = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(id: string, settled: Settled, sizeBytes: number): void {
    this.#kept.set(id, { settled, sizeBytes, keptMs: this.#clock.now() });
    this.#sizeBytes += sizeBytes;
    while (this.#kept.size > TASKS.maxKeptResults || this.#sizeBytes > TASKS.maxKeptBytes) this.#forgetOldest();
    if (this.#cancelTimer === null) this.#forgetLater();
  }

  get(id: string): Settled | undefined {
    return this.#kept.get(id)?.settled;
  }

  clear(): void {
    this.#kept.clear();
    this.#sizeBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Without being asked: pictures that nobody fetches must not stay. */
  #forgetLater(): void {
    const [oldest] = this.#kept.values();
    this.#cancelTimer = null;
    if (!oldest) return;
    const waitMs = oldest.keptMs + TASKS.resultKeptMs - this.#clock.now();
    this.#cancelTimer = this.#clock.after(Math.max(0, waitMs), () => {
      const expiredMs = this.#clock.now() + TIMER_GRAIN_MS - TASKS.resultKeptMs;
      for (const { keptMs } of this.#kept.values()) {
        if (keptMs > expiredMs) break;
        this.#forgetOldest();
      }
      this.#forgetLater();
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
