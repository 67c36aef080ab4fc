import { type Clock, TIMER_GRAIN_MS } from '../../shared/clock.ts';
import { MEMORY } from './memory-budget.ts';

/** The members of a `FlowChannel` that tell which transfers are unfinished. */
export interface WatchedChannel {
  readonly unfinishedTransfers: number;
  readonly stalledSinceMs: number;
  readonly isClosed: boolean;
}

/**
 * Notices a transfer that makes no progress for `MEMORY.stalledMs`. By a timer, because a peer that sends nothing more must not keep the
 * memory of what it sent.
 */
export class StalledTransferWatch {
  readonly #channel: WatchedChannel;
  readonly #clock: Clock;
  readonly #onStalled: () => void;
  #cancelTimer: (() => void) | null = null;

  /** @param onStalled - closes the channel, which frees its transfers. */
  constructor(channel: WatchedChannel, clock: Clock, onStalled: () => void) {
    this.#channel = channel;
    this.#clock = clock;
    this.#onStalled = onStalled;
  }

  /** Call it for every chunk that arrives. */
  chunkArrived(): void {
    if (this.#channel.isClosed || this.#channel.unfinishedTransfers === 0) this.dispose();
    else if (this.#cancelTimer === null) this.#watch();
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #watch(): void {
    this.#cancelTimer = null;
    const sinceMs = this.#channel.stalledSinceMs;
    if (sinceMs === Number.POSITIVE_INFINITY || this.#channel.isClosed) return;
    const leftMs = sinceMs + MEMORY.stalledMs - this.#clock.now();
    if (leftMs > TIMER_GRAIN_MS) this.#cancelTimer = this.#clock.after(leftMs, () => this.#watch());
    else this.#onStalled();
  }
}
