/**
 * Microtasks that may follow one another before the turn counts as over. Promises of a few `await`s, as tasks and their callers are
 * made of, settle within them; and as they are counted anew for each request, what comes later in the same turn is gathered as well.
 */
const ROUNDS = 16;

/**
 * Runs a callback once, at the end of the current turn of the event loop, when what its promises set off has been done. A browser
 * tells nobody when that is. A message to ourselves comes after it, but also behind all messages that have arrived meanwhile: what
 * was sent apart, to be worked on side by side, would be gathered into one lump at each stop of its way.
 */
export class OncePerTick {
  readonly #callback: () => void;
  #roundsLeft = 0;
  #disposed = false;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  request(): void {
    if (this.#disposed) return;
    const isRequested = this.#roundsLeft > 0;
    this.#roundsLeft = ROUNDS;
    if (!isRequested) queueMicrotask(this.#round);
  }

  dispose(): void {
    this.#disposed = true;
  }

  readonly #round = (): void => {
    if (this.#disposed) return;
    this.#roundsLeft--;
    if (this.#roundsLeft > 0) queueMicrotask(this.#round);
    else this.#callback();
  };
}
