import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';

interface Window {
  count: number;
  endsAtMs: number;
}

/** So many events of one key in a window of time that begins with the first of them. The keys least recently seen are forgotten. */
export class RateLimit {
  readonly #windows: LRUCache<string, Window>;

  constructor(
    private readonly limits: { events: number; windowMs: number; maxKeys: number },
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#windows = new LRUCache({ max: limits.maxKeys });
  }

  isReached(key: string): boolean {
    return this.#window(key).count >= this.limits.events;
  }

  count(key: string): void {
    const window = this.#window(key);
    window.count++;
    this.#windows.set(key, window);
  }

  #window(key: string): Window {
    const nowMs = this.clock.now();
    const window = this.#windows.get(key);
    return window && window.endsAtMs > nowMs ? window : { count: 0, endsAtMs: nowMs + this.limits.windowMs };
  }
}
