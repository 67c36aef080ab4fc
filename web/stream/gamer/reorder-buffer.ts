import type { Clock } from '../../../shared/clock.ts';
import type { SharpFrame } from '../frame.ts';

export interface ReorderBufferOptions {
  clock: Clock;
  /** How long a frame may wait for an older one, ms. */
  holdMs(): number;
  /** Is a frame older than this one still expected? */
  isOlderExpected(frameId: number): boolean;
  /** Takes the frame over. */
  show(sharp: SharpFrame): void;
}

/**
 * Puts the frames of several volunteers back into their order: one that overtook an older one waits for it, for a moment; then it is
 * shown, and the older one, when it comes, is late.
 */
export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  /** Oldest first. */
  #held: SharpFrame[] = [];
  #cancelTimer = () => {};

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** Takes the frame over. */
  offer(sharp: SharpFrame): void {
    const wasEmpty = this.#held.length === 0;
    this.#held.push(sharp);
    this.#held.sort((a, b) => a.frameId - b.frameId);
    this.settle();
    if (wasEmpty && this.#held.length > 0) {
      this.#cancelTimer = this.#options.clock.after(this.#options.holdMs(), () => this.#showAll());
    }
  }

  /** Something that was expected has come, or will not. */
  settle(): void {
    for (let oldest = this.#held[0]; oldest; oldest = this.#held[0]) {
      if (this.#options.isOlderExpected(oldest.frameId)) return;
      this.#held.shift();
      this.#options.show(oldest);
    }
    this.#cancelTimer();
  }

  dispose(): void {
    this.#cancelTimer();
    for (const { frame } of this.#held.splice(0)) frame.close();
  }

  #showAll(): void {
    for (const sharp of this.#held.splice(0)) this.#options.show(sharp);
  }
}
