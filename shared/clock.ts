/** Time as decisions see it: real in a page, virtual in tests and simulations. */
export interface Clock {
  /** Monotonic, ms, from an arbitrary start. */
  now(): number;
  /** Calls back once after `delayMs`; returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A timer may fire this much early, by the clock it was set with; setting another one for the rest would be no better. */
export const TIMER_GRAIN_MS = 1;

/** What a browser's timer can count to; a longer delay overflows, and the timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    // Never is no timer at all.
    if (delayMs === Number.POSITIVE_INFINITY) return () => {};
    let timer: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number) => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : callback()), stepMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
