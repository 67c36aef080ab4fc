import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';

export interface RateLimitOptions {
  /** Events of one key that are allowed in a window. */
  events: number;
  /** A window starts with the first event of its key, ms. */
  windowMs: number;
  /** How long a key stays blocked once it exceeds `events`, ms. Default: until its window ends. */
  blockMs?: number;
  /** Maximum number of keys in memory; beyond that the least recently counted key is forgotten. */
  maxKeys: number;
  /** Counts for all instances together. The counts are in memory while Redis does not answer. */
  redis?: Redis | undefined;
  /** Separates the keys of this limit from those of others in Redis. */
  keyPrefix?: string;
}

/** Limits how many events of one key happen in a window of time, counted by rate-limiter-flexible. Its time is `Date.now()`. */
export class RateLimit {
  readonly #limiter: RateLimiterAbstract;

  constructor({ events, windowMs, blockMs, maxKeys, redis, keyPrefix = 'p2c2r:limit' }: RateLimitOptions) {
    const options = {
      keyPrefix,
      points: events,
      duration: windowMs / 1_000,
      ...(blockMs !== undefined && { blockDuration: blockMs / 1_000 }),
    };
    const memory = new BoundedMemoryLimiter(options, maxKeys);
    this.#limiter = redis ? new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory }) : memory;
  }

  /** Counts one event of `key`. @returns whether it is within the limit. */
  async take(key: string): Promise<boolean> {
    try {
      await this.#limiter.consume(key);
      return true;
    } catch (cause) {
      if (cause instanceof RateLimiterRes) return false;
      throw cause;
    }
  }

  /** @returns how long `key` stays over its limit, ms; 0 when it is not. */
  async blockedForMs(key: string): Promise<number> {
    const state = await this.#limiter.get(key);
    if (!state || state.consumedPoints <= this.#limiter.points) return 0;
    // A window that has ended is kept until its timer runs.
    return Math.max(0, state.msBeforeNext);
  }
}

/** A RateLimiterMemory with a limited number of keys. By itself it keeps each key until its window ends, so many addresses could fill the memory. */
class BoundedMemoryLimiter extends RateLimiterMemory {
  readonly #keys: LRUCache<string, true>;

  constructor(options: IRateLimiterOptions, maxKeys: number) {
    super(options);
    this.#keys = new LRUCache({ max: maxKeys, dispose: (_value, key) => void this.delete(key) });
  }

  override consume(key: string, points?: number): Promise<RateLimiterRes> {
    this.#keys.set(key, true);
    return super.consume(key, points);
  }
}
