import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { ASSUMED_RTT_MS } from '../net/failure-detector.ts';
import { CREDIT, TASKS } from './tuning.ts';

/**
 * How many tasks one gamer may have at a volunteer. Little's law: what arrives during one round trip, at the rate at which this
 * gamer's tasks are done here, and a few more. Fewer would leave the GPU waiting for the network, more would be hoarded here
 * while others could do them.
 */
export class CreditWindow {
  readonly #now: () => number;
  #share = 0;
  #rttMs: number = ASSUMED_RTT_MS;
  /** From one task done to the next, while there is work; null before it is measured. */
  #serviceMs: number | null = null;
  /** The last one was done then, or the first came; null while there is none. */
  #sinceMs: number | null = null;
  #size = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  /** This gamer's part of what the volunteer holds for all; 0 while it takes nothing. */
  set share(share: number) {
    this.#share = share;
    this.#resize();
  }

  set rttMs(rttMs: number) {
    this.#rttMs = rttMs;
    this.#resize();
  }

  taskCame(): void {
    this.#sinceMs ??= this.#now();
  }

  taskDone(): void {
    const nowMs = this.#now();
    this.#learn(nowMs - (this.#sinceMs ?? nowMs));
    this.#sinceMs = nowMs;
  }

  /** Nothing is left here: the time until the next one comes tells nothing. */
  idle(): void {
    this.#sinceMs = null;
  }

  #learn(sampleMs: number): void {
    if (this.#serviceMs === null) this.#serviceMs = sampleMs;
    else {
      // One hiccup among fast tasks must not send all of them back.
      const believedMs = Math.min(sampleMs, CREDIT.largestStep * this.#serviceMs + CREDIT.smallestStepMs);
      this.#serviceMs += CREDIT.serviceSmoothing * (believedMs - this.#serviceMs);
    }
    this.#resize();
  }

  #resize(): void {
    const limit = Math.min(TASKS.creditsPerGamer, this.#share);
    const wanted = Math.min(limit, this.#wanted());
    const isFarOff = wanted >= this.#size * (1 + CREDIT.hysteresis) || wanted <= this.#size * (1 - CREDIT.hysteresis);
    // A limit is kept at once, and reached.
    if (isFarOff || this.#size > limit || wanted === limit) this.#size = Math.ceil(wanted);
  }

  #wanted(): number {
    if (this.#serviceMs === null) return CREDIT.first;
    return CREDIT.atLeast + (this.#rttMs + CREDIT.slackMs) / Math.max(this.#serviceMs, CREDIT.shortestServiceMs);
  }
}

/** One gamer's part of what a volunteer holds for so many: together no more than it may hold. */
export function shareOf(gamers: number): number {
  return Math.max(1, Math.floor(TASK_LIMITS.maxHeld / Math.max(1, gamers)));
}
