import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ServerClock } from '../clock.ts';
import { OPERATION } from '../tuning.ts';

const NS_PER_S = 1e9;

export interface LoopLagS {
  p50: number;
  p99: number;
  max: number;
}

/**
 * How late the event loop gets to its timers, over the last whole window: every reader sees the same figures, however often
 * it asks.
 */
export class LoopLag {
  readonly #delays = monitorEventLoopDelay({ resolution: OPERATION.loopLagResolutionMs });
  #latest: LoopLagS = { p50: 0, p99: 0, max: 0 };
  #cancel: () => void = () => {};

  constructor(private readonly clock: Pick<ServerClock, 'after'>) {
    this.#delays.enable();
    this.#watch();
  }

  /** Seconds by which timers were late. */
  get latest(): LoopLagS {
    return this.#latest;
  }

  close(): void {
    this.#cancel();
    this.#delays.disable();
  }

  #watch(): void {
    this.#cancel = this.clock.after(OPERATION.loopLagWindowMs, () => {
      // The histogram holds the whole time between two looks, which the timer itself takes.
      const late = (ns: number) => Math.max(0, ns / NS_PER_S - OPERATION.loopLagResolutionMs / 1_000);
      const { max } = this.#delays;
      this.#latest = { p50: late(this.#delays.percentile(50)), p99: late(this.#delays.percentile(99)), max: late(max) };
      this.#delays.reset();
      this.#watch();
    });
  }
}
