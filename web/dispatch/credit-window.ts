import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { ASSUMED_RTT_MS } from '../net/failure-detector.ts';

/** How a volunteer sizes the credit of one gamer. */
export const CREDIT = {
  /** Window before anything is measured: enough to keep a fast volunteer busy, and little for a slow one to hand back. */
  initial: 16,
  /** Smallest window: one task to compute and one to have ready, however long they take. */
  min: 2,
  /** Most tasks a volunteer takes from one gamer at a time, however fast it is. */
  maxPerGamer: 64,
  /** Added to the round trip: a page that draws handles its messages once a frame. */
  slackMs: 16,
  /** Weight of the newest interval: follows a change within some tens of tasks, but not a single task twice as large. */
  serviceSmoothing: 0.1,
  /** An interval counts at most as this many times the learned one plus `smallestStepMs`: a garbage collection is not a new speed. */
  largestStep: 4,
  smallestStepMs: 1,
  /** The resolution of a browser's clock. */
  shortestServiceMs: 0.01,
  /** The window changes when it is off by this ratio, not with every task. */
  hysteresis: 0.25,
} as const;

/**
 * How many tasks one gamer may have at a volunteer: as many as are done here during one round trip (Little's law), and a few more.
 * Fewer would leave the GPU waiting for the network; more would be held here while other volunteers could run them.
 */
export class CreditWindow {
  readonly #now: () => number;
  #share = 0;
  #rttMs: number = ASSUMED_RTT_MS;
  /** Time from one completed task to the next while there is work; null before it is measured. */
  #serviceMs: number | null = null;
  /** When the last task was completed, or the first arrived; null while there are none. */
  #sinceMs: number | null = null;
  #size = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** This gamer's part of the tasks the volunteer holds for all; 0 while it takes none. */
  set share(share: number) {
    this.#share = share;
    this.#resize();
  }

  set rttMs(rttMs: number) {
    this.#rttMs = rttMs;
    this.#resize();
  }

  taskArrived(): void {
    this.#sinceMs ??= this.#now();
  }

  taskDone(): void {
    const nowMs = this.#now();
    this.#learn(nowMs - (this.#sinceMs ?? nowMs));
    this.#sinceMs = nowMs;
  }

  /** No tasks are left: the time until the next arrives says nothing about this machine's speed. */
  idle(): void {
    this.#sinceMs = null;
  }

  #learn(sampleMs: number): void {
    if (this.#serviceMs === null) this.#serviceMs = sampleMs;
    else {
      // One hiccup among fast tasks must not have all of them handed back.
      const cappedMs = Math.min(sampleMs, CREDIT.largestStep * this.#serviceMs + CREDIT.smallestStepMs);
      this.#serviceMs += CREDIT.serviceSmoothing * (cappedMs - this.#serviceMs);
    }
    this.#resize();
  }

  #resize(): void {
    const limit = Math.min(CREDIT.maxPerGamer, this.#share);
    const target = Math.min(limit, this.#target());
    const isFarOff = target >= this.#size * (1 + CREDIT.hysteresis) || target <= this.#size * (1 - CREDIT.hysteresis);
    // A limit takes effect at once.
    if (isFarOff || this.#size > limit || target === limit) this.#size = Math.ceil(target);
  }

  #target(): number {
    if (this.#serviceMs === null) return CREDIT.initial;
    return CREDIT.min + (this.#rttMs + CREDIT.slackMs) / Math.max(this.#serviceMs, CREDIT.shortestServiceMs);
  }
}

/** The most tasks each gamer may have at a volunteer that serves this many. Together they stay within the volunteer's limit. */
export function creditShare(gamers: number): number {
  return Math.max(1, Math.floor(TASK_LIMITS.maxHeld / Math.max(1, gamers)));
}
