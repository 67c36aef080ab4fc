/** The clock that decisions depend on: real in a page, virtual in tests and simulations. */
export interface Clock {
  /** Monotonic time since an arbitrary start, ms. */
  now(): number;
  /** Calls back once after `delayMs`, or never if that is infinite. Returns a function that cancels the timer. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A timer may fire this much early by its own clock, ms; setting another one for the remainder would be no more precise. */
export const TIMER_GRAIN_MS = 1;

/** Longest delay of a browser's timer, ms: a longer one overflows, and the timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    // Never: needs no timer.
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

/** Resolves with null when a promise takes longer than `withinMs`; else as the promise does. */
export function withinTime<T>(pending: Promise<T>, withinMs: number): Promise<T | null> {
  let cancelTimer = () => {};
  const late = new Promise<null>((resolve) => {
    cancelTimer = systemClock.after(Math.max(0, withinMs), () => resolve(null));
  });
  return Promise.race([pending, late]).finally(() => cancelTimer());
}
