/**
 * Runs a callback once after the current turn of the event loop. setTimeout(0) is clamped to 4 ms when nested and a microtask
 * runs too early to gather what other microtasks of the turn produce, so a message to ourselves it is.
 */
export class AfterTurn {
  readonly #channel = new MessageChannel();
  #requested = false;
  #disposed = false;

  constructor(callback: () => void) {
    this.#channel.port1.onmessage = () => {
      this.#requested = false;
      if (!this.#disposed) callback();
    };
  }

  request(): void {
    if (this.#requested || this.#disposed) return;
    this.#requested = true;
    this.#channel.port2.postMessage(null);
  }

  dispose(): void {
    this.#disposed = true;
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}
