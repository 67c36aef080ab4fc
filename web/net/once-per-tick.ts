/**
 * Consecutive microtasks after which a tick counts as over. Promise chains of a few `await`s, as tasks and their callers use them,
 * settle within this number. Each request restarts the count, so that later requests of the same tick join the batch.
 */
const ROUNDS = 16;

/**
 * Runs a callback once at the end of the current tick of the event loop, after the promise reactions of that tick. Browsers have no
 * event for this. Posting a message to ourselves would not do: it is handled after all messages that have arrived in the meantime, so
 * that messages sent one by one, to be processed in parallel, would be batched at each hop.
 */
export class OncePerTick {
  readonly #callback: () => void;
  #roundsLeft = 0;
  #isDisposed = false;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  /** Runs the callback at the end of this tick, however often this is called. */
  request(): void {
    if (this.#isDisposed) return;
    const isRequested = this.#roundsLeft > 0;
    this.#roundsLeft = ROUNDS;
    if (!isRequested) queueMicrotask(this.#round);
  }

  dispose(): void {
    this.#isDisposed = true;
  }

  readonly #round = (): void => {
    if (this.#isDisposed) return;
    this.#roundsLeft--;
    if (this.#roundsLeft > 0) queueMicrotask(this.#round);
    else this.#callback();
  };
}
