import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';

export interface AllowanceOptions {
  /** What a pair may take at once. */
  burst: number;
  /** What it gets back every second. */
  perS: number;
  /** Pairs remembered; past it the least recent one starts anew. Some 150 bytes each. */
  maxPairs: number;
}

/** A token bucket for each pair of members, in memory and synchronous, so that the order of their messages stays. */
export class PairRateLimiter {
  readonly #buckets: LRUCache<string, { left: number; atMs: number }>;

  constructor(
    private readonly options: AllowanceOptions,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#buckets = new LRUCache({ max: options.maxPairs });
  }

  /** @returns how many of `wanted` the pair may have; they are taken */
  take(from: string, to: string, wanted: number): number {
    const { burst, perS } = this.options;
    const key = `${from} ${to}`;
    const nowMs = this.clock.now();
    const { left, atMs } = this.#buckets.get(key) ?? { left: burst, atMs: nowMs };
    const available = Math.min(burst, left + ((nowMs - atMs) / 1_000) * perS);
    const taken = Math.min(wanted, Math.floor(available));
    this.#buckets.set(key, { left: available - taken, atMs: nowMs });
    return taken;
  }
}
