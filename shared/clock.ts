/** Time as decisions see it: real in a page, virtual in tests and simulations. */
export interface Clock {
  /** Monotonic, ms, from an arbitrary start. */
  now(): number;
  /** Calls back once after `delayMs`; returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A timer may fire this much early, by the clock it was set with; setting another one for the rest would be no better. */
export const TIMER_GRAIN_MS = 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
